// What the store and the list of archived files together say is still to be written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/archive/archive_index.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::archive {

struct UnwrittenRecord {
  std::string site;
  std::int64_t id = 0;
  bool is_new = false;  ///< it has no file, rather than one to be written again or removed
};

/// By number. Leaves out those for which there is no name. Throws store::SqlError.
std::vector<UnwrittenRecord> unwritten_records(store::StoreReader& reader, ArchiveIndex& index);

}  // namespace icom::archive
