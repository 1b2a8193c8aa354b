// What a segment holds, for deciding what to give up first, and what is left of it afterwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "agent/spool/segment_files.hpp"
#include "agent/spool/spool_format.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

struct SegmentContent {
  std::uint64_t frames = 0;
  std::uint64_t frames_with_patient = 0;
  /// What its own hole entries tell: giving up the segment must not lose their counts.
  std::uint64_t lost_frames = 0;
  std::uint64_t lost_frames_with_patient = 0;
  std::uint64_t junk_bytes = 0;

  std::uint64_t run = 0;  ///< 0: it holds no intact entry
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::int64_t last_received_us = 0;

  void add(const Entry& entry);
  /// `next` stands behind this one.
  void join(const SegmentContent& next);
  [[nodiscard]] FrameKinds kinds() const {
    return {.with_patient = frames_with_patient > 0,
            .without_patient = frames > frames_with_patient};
  }
};

/// Reads a whole segment. What is damaged does not count.
std::error_code read_content(os::FileSystem& files, const std::filesystem::path& segment,
                             SegmentContent& content);

/// Replaces a segment that is no longer written by one without its frames (and junk) that have no
/// patient, synced; hole entries in their places tell of them. `bytes` is its new size, `left_out`
/// tells what went. A reader that has the old file open reads that to its end. After an error the
/// segment is as it was.
std::error_code keep_patients_only(os::FileSystem& files, const std::filesystem::path& segment,
                                   std::string_view reason, std::uint64_t& bytes,
                                   SegmentContent& left_out);

/// Makes a segment, or replaces one in the same way, that holds one hole entry: all of `given_up`
/// is gone. Precondition: `given_up` tells a run.
std::error_code write_hole_segment(os::FileSystem& files, const std::filesystem::path& segment,
                                   std::uint64_t number, const SegmentContent& given_up,
                                   std::string_view reason, std::uint64_t& bytes);

}  // namespace icom::spool
