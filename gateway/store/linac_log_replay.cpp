// A replay that begins with frames that were never received, or with one that differs from what is
// stored, was taken for a clock that was set back: its frames are put where they belong.
// docs/storage.md, "Order".
#include <spdlog/spdlog.h>

#include <utility>

#include "gateway/store/frame_scan.hpp"
#include "gateway/store/linac_log.hpp"

namespace icom::store {

/// The current one, if that is what it may be.
std::optional<BegunEpoch> LinacLog::begun_epoch() {
  auto border = find_clock_gap_before(database_, linac_, head_.last.place.epoch);
  if (!border) {
    return std::nullopt;
  }
  const auto before = key_at(border->from, stored_frames());
  const auto first = key_at(border->to, stored_frames());
  if (!before || !first) {
    return std::nullopt;
  }
  return BegunEpoch{.border = *std::move(border),
                    .head_before = *before,
                    .frames = head_.arrivals - first->place.arrival + 1};
}

/// The stored frame to which the current epoch's first frames would count on, if they are a replay.
std::optional<GapEdge> LinacLog::where_begun_epoch_would_lead() {
  const std::int64_t current = head_.last.place.epoch;
  const auto border =
      current > kFirstEpoch ? find_clock_gap_before(database_, linac_, current) : std::nullopt;
  if (!border) {
    return std::nullopt;
  }
  const FrameIdentity first{border->to.time, border->to.counter, 0};
  auto until = where_replay_would_lead(database_, linac_, head_, first, current - 1);
  return until ? until : stored_after_other(first, stored_frames(), current - 1);
}

/// All of them, each counting on from the one before, or none.
std::vector<LinacLog::StoredFrame> LinacLog::frames_of(const BegunEpoch& begun) {
  if (begun.frames > BegunEpoch::kMostFrames) {
    return {};
  }
  std::vector<StoredFrame> frames;
  std::size_t bytes = 0;
  open_.flush_to_tail(database_, zstd_);
  try {
    FrameScan scan(database_, zstd_, linac_,
                   {begun.border.to.epoch, begun.border.to.time, begun.border.to.sub, 0},
                   head_.last.place);
    while (scan.next()) {
      ++frames_read_again_;
      const FrameKey& key = scan.key();
      bytes += scan.frame().size();
      if (bytes > BegunEpoch::kMostBytes ||
          (!frames.empty() &&
           !follows(frames.back().key.place, frames.back().key.counter, key.place, key.counter))) {
        return {};
      }
      frames.push_back({key, ByteVector(scan.frame().begin(), scan.frame().end())});
    }
  } catch (const CorruptData& damage) {
    spdlog::error("a replay of Linac number {} stays an epoch of its own: {}", linac_,
                  damage.what());
    return {};
  }
  return std::ssize(frames) == begun.frames ? std::move(frames) : std::vector<StoredFrame>();
}

/// The frame that came is equal to the stored one to which a replay would have counted on. False if
/// nothing was changed.
bool LinacLog::put_back_replay(Lines::Run& run) {
  const GapEdge until = *std::exchange(replay_until_, std::nullopt);
  const auto begun = begun_epoch();
  const std::vector<StoredFrame> frames = begun ? frames_of(*begun) : std::vector<StoredFrame>();
  if (frames.empty()) {
    return false;
  }
  const FrameIdentity first = frames.front().key.identity();
  const auto gap = find_gap(database_, linac_, until.epoch, first, true);
  const bool fits = until == (gap ? gap->to : first_edge(head_));
  const auto other =
      fits || frames.size() > 1 ? std::nullopt : stored_in_front_of(until, first, stored_frames());
  if (!fits && !other) {
    return false;
  }
  const bool held = run.ended_at == head_.arrivals - begun->frames;
  remove_epoch(*begun);
  const FrameKey last = other ? put_beside(*other, frames.front()) : put_before(until, gap, frames);
  Lines::stored_at(run, last.place, last.counter);
  if (held) {
    run.ended_at = head_.arrivals;
  }
  return true;
}

/// As if its frames had not come: the order ends where it did before.
void LinacLog::remove_epoch(const BegunEpoch& begun) {
  const GapEdge& first = begun.border.to;
  remove_gap(database_, begun.border.id);
  open_.discard(database_);
  for (const std::int64_t chunk : remove_chunks_of_epoch(database_, linac_, first.epoch)) {
    lookup_.forget(chunk);
    std::erase(late_chunks_, chunk);
  }
  head_.last = begun.head_before;
  head_.given_up = begun.border.given_up;
  head_.arrivals -= begun.frames;
  head_.run.reset();
  head_changed_ = true;
  lines_.leave_epoch(database_, first.epoch);
  zone_.go_back(database_, head_.last.place);
  records_.go_back(database_, head_.last.place, {first.epoch, first.time, first.sub, 0});
}

/// Each counts on from the one before, and `until` from the last, which is given. `gap`: the one
/// that ends there; nothing if they come before the first frame.
FrameKey LinacLog::put_before(const GapEdge& until, const std::optional<Gap>& gap,
                              const std::vector<StoredFrame>& frames) {
  std::optional<FrameKey> before;
  std::int64_t left = std::ssize(frames);
  for (const auto& [stored, bytes] : frames) {
    FrameKey key = stored;
    key.place = {until.epoch, stored.place.time, 0, ++head_.arrivals};
    if (key.place.time == until.time) {
      key.place.sub = until.sub - left;
    } else if (before && before->place.time == key.place.time) {
      key.place.sub = before->place.sub + 1;
    } else if (!before && gap && gap->from.time == key.place.time) {
      key.place.sub = gap->from.sub + counter_distance(gap->from.counter, key.counter);
    }
    zone_.inserted(database_, key, until);
    if (!before) {
      gap_ends_at(key, gap);
    }
    add_late(key, bytes);
    before = key;
    --left;
  }
  record_gap(edge_of(*before), until, gap.value_or(Gap{}));
  return *before;
}

/// In conflict with the stored frame of its time and counter.
FrameKey LinacLog::put_beside(const FrameKey& other, const StoredFrame& frame) {
  FrameKey key = frame.key;
  key.place = {other.place.epoch, other.place.time, other.place.sub, ++head_.arrivals};
  key.conflict = true;
  ++ledger_.at(key.place.time).conflicts;
  add_late(key, frame.bytes);
  return key;
}

void LinacLog::gap_ends_at(const FrameKey& key, const std::optional<Gap>& gap) {
  if (gap) {
    remove_gap(database_, gap->id);
    record_gap(gap->from, edge_of(key), *gap);
    return;
  }
  head_.first_time = key.place.time;
  head_.first_sub = key.place.sub;
  head_.first_counter = key.counter;
}

}  // namespace icom::store
