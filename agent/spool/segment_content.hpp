// What a segment holds, for deciding what to give up first, and what is left of it without frames
// that have no patient.
#pragma once

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "agent/spool/spool_format.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

struct SegmentContent {
  std::uint64_t frames = 0;
  std::uint64_t frames_with_patient = 0;
  /// What its own hole entries tell: giving up the segment must not lose their counts.
  std::uint64_t lost_frames = 0;
  std::uint64_t lost_frames_with_patient = 0;

  void add(const Entry& entry);
};

/// Reads a whole segment. What is damaged does not count.
std::error_code read_content(os::FileSystem& files, const std::filesystem::path& segment,
                             SegmentContent& content);

/// Replaces a segment that is no longer written by one without its frames (and junk) that have no
/// patient, synced. `bytes` is its new size, `left_out` tells what went. A reader that has the old
/// file open reads that to its end. After an error the segment is as it was.
std::error_code keep_patients_only(os::FileSystem& files, const std::filesystem::path& segment,
                                   std::uint64_t& bytes, SegmentContent& left_out);

}  // namespace icom::spool
