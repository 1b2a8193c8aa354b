// Which of the entries that agents send are new to a Linac's stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>

#include "common/fanout/live_stream.hpp"
#include "common/icom/stream_entry.hpp"

namespace icom::fanout {

/// What is asked of an entry.
struct EntryPlace {
  EntryKind kind = EntryKind::frame;
  std::uint64_t run = 0;
  std::uint64_t seq = 0;
  std::uint64_t hash = 0;  ///< of a frame: its content's
  std::int64_t time = 0;   ///< of a frame: the Linac's
  bool late = false;       ///< is_late_connection()
};

/// An entry that is sent again after a broken session is not new, nor is a frame that has come
/// under another run: a second agent listens to the same Linac, or the Linac repeated it to a
/// listener begun anew. What a Linac sends twice to the same listener is new each time: so it came.
/// What came late on a connection that a listener had given up is no part of the stream. Not
/// thread-safe.
class LinacFeed {
 public:
  /// Remembers it, and tells whether it was new. Wants entries of all kinds.
  bool take(const EntryPlace& entry);

 private:
  struct Run {
    std::uint64_t run = 0;
    std::uint64_t seq = 0;  ///< the last one
    bool follows = false;   ///< its last frame had come under another run
    LiveStream live;
  };

  Run& find(std::uint64_t run);
  bool is_news(const EntryPlace& frame);

  std::list<Run> runs_;  ///< the last ones, those that were used lately in front
  std::unordered_map<std::uint64_t, std::uint64_t> brought_by_;  ///< run, by hash of a frame
  std::deque<std::uint64_t> hashes_;                             ///< of brought_by_, oldest first
};

}  // namespace icom::fanout
