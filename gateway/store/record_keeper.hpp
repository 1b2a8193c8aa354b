// Keeps one Linac's record rows in step with its frames. docs/storage.md, "Records".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/records/record_builder.hpp"
#include "gateway/store/frame_scan.hpp"
#include "gateway/store/late_ranges.hpp"
#include "gateway/store/rebuild_pace.hpp"
#include "gateway/store/record_table.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Frames at the end of the order go through a builder as they come. Frames that came late mark
/// their ranges, and the records there are built again from the stored frames: in the same commit
/// if the Linac's RebuildPace allows, otherwise later, and a long record in pieces. Not
/// thread-safe; lives and dies with its LinacLog.
class RecordKeeper {
 public:
  RecordKeeper(std::int64_t linac, RebuildPace pace, RebuildPace::Clock clock)
      : linac_(linac), pace_(pace), clock_(std::move(clock)), credit_(pace.at_once), late_(linac) {}

  /// Builds the open record, if there is one, from its stored frames; from those before a damaged
  /// one, where there is one. One piece of it: what is left of a long one is read as late frames
  /// are, and until it is, its row does not say of the frames that come. What was left to be built
  /// again of earlier ones is still left. Throws SqlError.
  void load(Database& database, ZstdCodec& zstd);

  /// The next frame at the end of the order.
  void append(Database& database, const records::RecordFrame& frame);
  /// A frame was put somewhere else.
  void insert(const FramePlace& place);

  /// The frames from `gone` on, which were the last ones, are no longer there: `head` is the last.
  void go_back(Database& database, const FramePlace& head, const FramePlace& gone);

  /// Call when all frames, gaps included, are in the tables. Reads up to `most` frames to build
  /// records again, as the pace allows, and returns how many that took. Appends the ids of records
  /// closed, or changed after being closed.
  std::int64_t flush(Database& database, ZstdCodec& zstd, std::int64_t most,
                     std::vector<std::int64_t>& changed);
  /// After flush(): late frames are stored whose records are not built again yet. They are by
  /// later flushes, or by settle().
  [[nodiscard]] bool is_unsettled() const { return !late_.empty(); }
  /// Between commits: one piece of it, whatever was saved up. Otherwise as flush().
  void settle(Database& database, ZstdCodec& zstd, std::vector<std::int64_t>& changed);
  /// Frames that were read to build records again.
  [[nodiscard]] std::int64_t frames_built_again() const { return built_again_; }

 private:
  /// Records that are being built again, as far as their frames were read. It is begun anew if a
  /// frame is put among these.
  struct Rebuild {
    FramePlace from;  ///< of the first of them
    FramePlace at;    ///< of the last frame read, or directly before the first
    records::RecordBuilder builder;
    std::vector<records::Record> closed;  ///< and not written yet: no more than a piece has
    ScanPlaces places;                    ///< to go on with
  };
  void begin_piece() { piece_end_ = clock_() + pace_.longest; }
  /// `cost`: of what was read, with what is before it in its chunks.
  [[nodiscard]] bool is_over(std::int64_t read, std::int64_t cost) const {
    return (read >= pace_.at_least || cost >= pace_.at_least_with_place) && clock_() >= piece_end_;
  }
  bool read_open(Database& database, ZstdCodec& zstd, Rebuild& now, bool build_again);
  [[nodiscard]] std::optional<FramePlace> first_of_open() const;
  void take_over(Database& database);
  [[nodiscard]] std::int64_t most_overdrawn() const { return pace_.at_once / 4; }
  [[nodiscard]] std::int64_t wanted_credit(Database& database);
  std::int64_t build_piece(Database& database, ZstdCodec& zstd, std::int64_t most);
  void begin_rebuild(Database& database);
  void read_on(Database& database, ZstdCodec& zstd, std::int64_t most, std::int64_t& cost);
  void write_up_to(Database& database, const FramePlace& before, const FramePlace& place);
  void leave_unread(const FramePlace& from);
  void list_unread_open(Database& database);
  void skip_damage(Database& database);
  void finish(Database& database, std::vector<std::int64_t>& changed);
  void replace(Database& database, const FramePlace& from, const std::optional<FramePlace>& end,
               const std::vector<records::Record>& closed, bool one_is_open);
  void forget_open_row(std::int64_t row);
  void write_open(Database& database);

  std::int64_t linac_;
  RebuildPace pace_;
  RebuildPace::Clock clock_;
  std::chrono::steady_clock::time_point piece_end_;
  std::int64_t credit_;  // so many frames may be read again; below 0 where more was read
  std::int64_t built_again_ = 0;
  records::RecordBuilder builder_;
  std::optional<std::int64_t> open_row_;  // of the open record: the builder's, or what is unread
  bool open_changed_ = false;
  // From where on frames are not read to the head: where the open record begins, or another one
  // has ended. Then builder_ is of no use, what is appended waits in the tables, and late_ names
  // all of it.
  std::optional<FramePlace> unread_open_;
  LateRanges late_;
  std::int64_t late_frames_ = 0;  // put there since there were none, and since the start
  std::optional<Rebuild> rebuild_;
  std::vector<std::int64_t> changed_;
};

}  // namespace icom::store
