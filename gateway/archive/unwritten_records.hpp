// What the store and the list of archived files together say is still to be written.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "gateway/archive/archive_index.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::archive {

struct UnwrittenRecord {
  std::string site;
  std::int64_t id = 0;
  bool is_new = false;  ///< it has no file, rather than one to be written again or removed
};

/// By number. Leaves out those for which there is no name. Holds a few thousand rows at a time,
/// however many there are, and no snapshot of the store between them. Throws store::SqlError.
void visit_unwritten_records(store::StoreReader& reader, ArchiveIndex& index,
                             const std::function<void(const UnwrittenRecord&)>& visit);

}  // namespace icom::archive
