// Where each run's connection to the Linac stands in the order. docs/storage.md, "Order".
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>

#include "gateway/records/frame_place.hpp"
#include "gateway/store/equal_frames.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// A connection is one line in time: what follows its last frame on it stands after that frame.
struct Line {
  FramePlace place = {};     ///< of its last frame, or of the stored one that is equal to it
  std::uint8_t counter = 0;  ///< of that frame

  /// The latest frames of the connection, each one higher in the counter than the one before, that
  /// were all equal to stored ones, and by how much the last one was received later than what is
  /// stored. They begin with the connection's first frame, or there are none.
  EqualFrames equal = {};
  std::int64_t received_later_us = 0;
};

/// The lines of one Linac's runs. Several run side by side where agents listen to the same Linac:
/// what one of them brings late or twice says nothing of the others. Not thread-safe; belongs to a
/// LinacLog.
class Lines {
 public:
  explicit Lines(std::int64_t linac) : linac_(linac) {}

  /// What is known of one run.
  struct Run {
    std::uint64_t run = 0;
    std::optional<Line> line = std::nullopt;  ///< nullopt: its connection has brought no frame yet
    /// Head::arrivals when a connection of this run ended at the head.
    std::optional<std::int64_t> ended_at = std::nullopt;
    bool changed = false;

    [[nodiscard]] bool is_at(const Head& head) const {
      return line && line->place == head.last.place;
    }
    /// The next frame, if its counter is one higher, cannot have been stored before.
    [[nodiscard]] bool continues(const Head& head, std::uint8_t counter) const {
      return counter == static_cast<std::uint8_t>(head.last.counter + 1) && is_at(head);
    }
    /// Its connection before ended with the head, and nothing was stored since: nobody else
    /// listens, and what it brings now and is not stored was sent after the head.
    [[nodiscard]] bool held(const Head& head) const { return ended_at == head.arrivals; }
  };

  /// Borrowed until it is asked for another run. Throws SqlError.
  Run& of(Database& database, std::uint64_t run, const Head& head);

  /// Its frame became the head, `before` being the head until now.
  void appended(Run& run, Head& head, const FrameKey& before);
  /// Its frame is stored at this place, which is not the head.
  static void stored_at(Run& run, const FramePlace& place, std::uint8_t counter);
  /// Its frame, of so many bytes, is equal to this stored one.
  static void equals(Run& run, const FrameKey& stored, std::int64_t received_us, std::size_t bytes);
  /// Its connection ended, began, or lacks frames from here on. True if the head changed by that.
  static bool cut(Run& run, Head& head);

  /// Whoever stands in this epoch stands nowhere: its frames are no longer there.
  void leave_epoch(Database& database, std::int64_t epoch);

  /// Brings the rows of the runs' positions, which must be there, up to what was told. Call before
  /// the commit, and save the head then.
  void flush(Database& database, const Head& head);

 private:
  std::int64_t linac_;
  std::list<Run> runs_;  // the one used last at the end
};

/// The counter goes on from one to the other without a pause.
bool follows(const FramePlace& before, std::uint8_t counter_before, const FramePlace& place,
             std::uint8_t counter);

}  // namespace icom::store
