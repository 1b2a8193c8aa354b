// Decides what a spool gives up when it may not grow, or the disk is full. docs/storage.md, "What
// is given up first".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "agent/spool/segment_content.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

/// What asks for room.
enum class Shortage { bound, full_disk };

/// As it stands in hole entries: docs/storage.md.
const char* reason_of(Shortage shortage);

/// What was given up.
struct GivenUp {
  std::uint64_t frames = 0;
  std::uint64_t frames_with_patient = 0;
  /// Of which no hole entry in the spool tells, since none could be written where they stood; with
  /// those that a hole entry told of which is gone now too.
  std::uint64_t untold_frames = 0;
  std::uint64_t untold_frames_with_patient = 0;
  std::uint64_t junk_bytes = 0;
};

/// Knows the segments that are no longer written. Not thread-safe.
class SpoolBound {
 public:
  SpoolBound(os::FileSystem& files, std::filesystem::path directory)
      : files_(files), directory_(std::move(directory)) {}

  /// `content`: what it holds, where that is known; otherwise it is found out when it matters,
  /// since reading 20 GiB at a start would keep the Linac waiting.
  void add(std::uint64_t number, std::uint64_t bytes, std::optional<SegmentContent> content);

  /// Knows of none any more.
  void clear();

  /// Of all segments added, in bytes. Those that the reader removed count until free_some()
  /// notices.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Makes the spool smaller by one step: what the reader has removed; else the oldest segment
  /// without a patient's frame; else the other frames of the oldest segment that has both, or
  /// all of it where there is no room for the copy; else the
  /// oldest segment. A hole entry in its place tells of it, and why. A reader that has it open
  /// reads the old file to its end; on a full disk one that goes whole is cut to nothing, since a
  /// file that is open keeps its room. Nothing: there is no segment left to give up. Reads and
  /// writes two segments at most, and once the header of each.
  std::optional<GivenUp> free_some(Shortage shortage);

 private:
  struct Segment {
    std::uint64_t bytes = 0;
    std::optional<SegmentContent> content;
    std::optional<FrameKinds> kinds;  ///< known sooner than the rest

    [[nodiscard]] bool is_hole() const;
  };
  using Segments = std::map<std::uint64_t, Segment>;

  bool forget_removed();
  void learn_kinds(Segments::iterator at);
  bool learn_content(Segments::iterator at);
  Segments::iterator choose();
  std::optional<GivenUp> give_up(Segments::iterator at, Shortage shortage);
  std::optional<GivenUp> thin_out(Segments::iterator at, Shortage shortage);
  bool leave_hole(Segments::iterator at, Shortage shortage);
  std::unique_ptr<os::File> open_to_cut(std::uint64_t number, Shortage shortage);
  void forget(Segments::iterator at);
  std::error_code remove(Segments::iterator at);

  os::FileSystem& files_;
  std::filesystem::path directory_;
  Segments segments_;
  std::uint64_t bytes_ = 0;
};

}  // namespace icom::spool
