// icom-gateway records
#pragma once

#include <iosfwd>

#include "gateway/cli/sources.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

/// Prints the records that the filter leaves, the newest last: a table or, with `json`, one object
/// a line. Throws std::runtime_error if the store cannot be read.
void list_records(const Sources& sources, const store::RecordFilter& filter, bool json,
                  std::ostream& out);

}  // namespace icom::cli
