// What a spool holds of a run around a position that the gateway has named.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "agent/spool/segment_index.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

/// All 0 where nothing of the run is held.
struct HeldRun {
  std::uint64_t first = 0;   ///< no entry before it is in a segment that is held
  std::uint64_t oldest = 0;  ///< the first intact entry
  std::uint64_t newest = 0;  ///< the last intact entry, or the last number that was ever used
  /// entry_fingerprint() of the entry with the number that was asked for; nullopt if it is not
  /// held intact.
  std::optional<std::uint64_t> fingerprint;
};

/// Reads two segments at most, and the beginning of a third. A damaged entry is not held, nor is
/// one that the disk refuses to read.
HeldRun look_at_run(os::FileSystem& files, const std::filesystem::path& directory,
                    SegmentIndex& index, std::uint64_t run, std::uint64_t seq);

}  // namespace icom::spool
