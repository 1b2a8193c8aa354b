// icom-gateway ledger
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>

namespace icom::cli {

struct LedgerFilter {
  std::optional<std::string> serial = std::nullopt;
  std::optional<std::int64_t> since = std::nullopt;  ///< seconds of the Linac's clock
  std::optional<std::int64_t> until = std::nullopt;  ///< likewise, not included; for gaps
};

/// Prints the audit of each Linac, a table or, with `json`, one object a line. Throws
/// std::runtime_error if the store cannot be read.
void list_ledger(const std::filesystem::path& store, const LedgerFilter& filter, bool json,
                 std::ostream& out);

/// Prints every stored frame of the Linacs, in each Linac's order, a line each: time, counter, hash
/// (XXH3-64, hexadecimal), with tabs between: the audit frame by frame. Each frame is read back and
/// checked against its hash on the way. Where a Linac's frames are damaged its list ends, a line in
/// `problems` says so, and the next Linac follows; false then. Throws std::runtime_error if the
/// store cannot be read.
bool list_frames(const std::filesystem::path& store, const LedgerFilter& filter, std::ostream& out,
                 std::ostream& problems);

}  // namespace icom::cli
