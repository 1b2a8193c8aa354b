// What a reader knows of the segments in a spool's directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/spool/segment_files.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

/// As of the last refresh(); headers are read when first asked for. Not thread-safe.
class SegmentIndex {
 public:
  SegmentIndex(os::FileSystem& files, std::filesystem::path directory)
      : files_(files), directory_(std::move(directory)) {}

  /// Looks at the directory again. After an error everything stays as it was.
  std::error_code refresh() { return look(Sizes::newest); }
  /// The same, and at the size of each segment: those that are given up become small.
  std::error_code refresh_sizes() { return look(Sizes::all); }

  [[nodiscard]] std::vector<std::uint64_t> numbers() const;  ///< ascending
  [[nodiscard]] bool contains(std::uint64_t number) const { return segments_.contains(number); }
  /// The first segment beyond `number`.
  [[nodiscard]] std::optional<std::uint64_t> after(std::uint64_t number) const;
  [[nodiscard]] std::optional<std::uint64_t> first() const { return after(0); }
  [[nodiscard]] std::optional<std::uint64_t> newest() const;

  /// Where the header is damaged, the first intact entry tells. Nothing if neither can be read now.
  std::optional<SegmentHeader> header(std::uint64_t number);
  /// The last sequence number that can stand in a segment which has a successor, where that is
  /// known.
  std::optional<std::uint64_t> last_seq(std::uint64_t number);
  /// The segment has been read to its end.
  void note_last_seq(std::uint64_t number, std::uint64_t seq);

  /// The segment is damaged: remove() will set it aside.
  void note_damaged(std::uint64_t number);
  /// Removes the file, or sets it aside where it is damaged; `set_aside` tells which.
  std::error_code remove(std::uint64_t number, bool& set_aside);
  /// Of the segments beyond `number`, in bytes.
  [[nodiscard]] std::uint64_t bytes_after(std::uint64_t number) const;
  /// In bytes; 0 if it is not there.
  [[nodiscard]] std::uint64_t bytes_of(std::uint64_t number) const;

 private:
  struct Segment {
    std::uint64_t bytes = 0;
    std::optional<SegmentHeader> header;
    std::optional<std::uint64_t> last_seq;
    bool damaged = false;
  };

  enum class Sizes { newest, all };
  std::error_code look(Sizes sizes);
  std::optional<SegmentHeader> read_header(std::uint64_t number);

  os::FileSystem& files_;
  std::filesystem::path directory_;
  std::map<std::uint64_t, Segment> segments_;
};

}  // namespace icom::spool
