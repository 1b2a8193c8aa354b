// Decides what a spool gives up when it may not grow, or the disk is full. docs/storage.md, "The
// spool".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "agent/spool/segment_content.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

/// What was given up.
struct GivenUp {
  std::uint64_t frames = 0;
  std::uint64_t frames_with_patient = 0;
  /// Frames given up before, of which a hole entry told that is gone now too: to be told again.
  std::uint64_t untold_frames = 0;
  std::uint64_t untold_frames_with_patient = 0;
};

/// Knows the segments that are no longer written. Not thread-safe.
class SpoolBound {
 public:
  SpoolBound(os::FileSystem& files, std::filesystem::path directory)
      : files_(files), directory_(std::move(directory)) {}

  /// `content`: what it holds, where that is known; otherwise it is read when it matters, since
  /// reading 20 GiB at a start would keep the Linac waiting.
  void add(std::uint64_t number, std::uint64_t bytes, std::optional<SegmentContent> content);

  /// Of all segments added, in bytes. Those that the reader removed count until free_some()
  /// notices.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Makes the spool smaller by one step: what the reader has removed; else the oldest segment
  /// without a patient's frame; else the other frames of the oldest segment that has both; else the
  /// oldest segment. Nothing: there is no segment left to give up.
  std::optional<GivenUp> free_some();

 private:
  struct Segment {
    std::uint64_t bytes = 0;
    std::optional<SegmentContent> content;
    bool unreadable = false;

    [[nodiscard]] bool without_patient() const;
    [[nodiscard]] bool mixed() const;
  };
  using Segments = std::map<std::uint64_t, Segment>;

  bool forget_removed();
  void learn_content(std::uint64_t number, Segment& segment);
  std::optional<GivenUp> remove(Segments::iterator at);
  std::optional<GivenUp> thin_out(Segments::iterator at);

  os::FileSystem& files_;
  std::filesystem::path directory_;
  Segments segments_;
  std::uint64_t bytes_ = 0;
};

}  // namespace icom::spool
