// What a Linac's junk, connects and disconnects may take of the store. docs/storage.md, "Junk".
#pragma once

#include <cstdint>
#include <functional>

namespace icom::store {

/// Junk is evidence, so the first of each day is always kept; beyond that it may take a share of
/// the disk. What comes of the functions is used on the store's thread.
struct EventLimits {
  /// Of one Linac: of what is free on the store's disk, and of what its junk has taken of it.
  unsigned junk_share_percent = 1;
  std::uint64_t junk_bytes_per_day = 4U << 20U;  ///< of one Linac, always kept; compressed
  std::int64_t rows_per_day = 50'000;  ///< of one Linac, in the table `event`, beside junk
  std::function<std::uint64_t()> free_bytes = {};  ///< on the store's disk. Empty: the machine's
  std::function<std::int64_t()> day = {};  ///< since 1970, UTC. Empty: by the machine's clock
};

}  // namespace icom::store
