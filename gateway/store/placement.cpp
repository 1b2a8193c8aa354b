#include "gateway/store/placement.hpp"

#include <algorithm>
#include <vector>

namespace icom::store {

namespace {

// Older epochs than this many are not searched for gaps: a Linac's clock is set back a few times a
// year.
constexpr std::int64_t kEpochsSearched = 16;
// A frame this much earlier than the first one comes from a broken clock, not from a backlog.
constexpr std::int64_t kMaxBacklogSeconds = 366LL * 24 * 3600;

bool is_behind(const Head& head, const FrameIdentity& frame) {
  const FramePlace& last = head.last.place;
  return frame.time > last.time ||
         (frame.time == last.time && counter_distance(head.last.counter, frame.counter) > 0);
}

bool is_before_first(const Head& head, const FrameIdentity& frame) {
  return frame.time < head.first_time ? head.first_time - frame.time <= kMaxBacklogSeconds
                                      : frame.time == head.first_time &&
                                            counter_distance(head.first_counter, frame.counter) < 0;
}

Placement append_to(const Head& head, const FrameIdentity& frame) {
  Placement placement{.kind = Placement::Kind::append, .epoch = head.last.place.epoch};
  if (frame.time == head.last.place.time) {
    placement.sub = head.last.place.sub + counter_distance(head.last.counter, frame.counter);
  }
  return placement;
}

Placement put_into(Gap gap, const FrameIdentity& frame) {
  Placement placement{.kind = Placement::Kind::into_gap, .epoch = gap.to.epoch};
  if (frame.time == gap.from.time) {
    placement.sub = gap.from.sub + counter_distance(gap.from.counter, frame.counter);
  } else if (frame.time == gap.to.time) {
    placement.sub = gap.to.sub - counter_distance(frame.counter, gap.to.counter);
  }
  placement.gap = std::move(gap);
  return placement;
}

Placement beside(const FrameKey& other) {
  return {
      .kind = Placement::Kind::conflict,
      .epoch = other.place.epoch,
      .sub = other.place.sub,
      .conflict = true,
  };
}

// All stored frames of this time and counter, of any epoch.
std::vector<FrameKey> same_time_and_counter(const FrameIdentity& frame,
                                            const StoredFrames& stored) {
  std::vector<FrameKey> found;
  const auto collect = [&](const FrameKey& key) { found.push_back(key); };
  for_each_match(stored.open, frame.time, frame.counter, collect);
  for_each_match(stored.late, frame.time, frame.counter, collect);
  stored.chunks.find(stored.database, stored.zstd, frame.time, frame.counter, found);
  return found;
}

const FrameKey* in_epoch(const std::vector<FrameKey>& keys, std::int64_t epoch) {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const FrameKey& key) { return key.place.epoch == epoch; });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

Placement place_frame(std::int64_t linac, const FrameIdentity& frame, std::uint64_t run,
                      const Head& head, const RunsAtHead& at_head, const StoredFrames& stored) {
  if (head.empty()) {
    return {.kind = Placement::Kind::append, .epoch = 1};
  }
  const FramePlace& last = head.last.place;
  Placement new_epoch{.kind = Placement::Kind::new_epoch, .epoch = last.epoch + 1};
  if (at_head.continues(run, frame.counter, head)) {
    // Nothing came between, so it cannot be stored yet, whatever is equal to it: where its time
    // fell the clock was set back.
    return frame.time >= last.time ? append_to(head, frame) : new_epoch;
  }
  if (frame.time > head.highest_time) {
    return append_to(head, frame);
  }
  if (stored.chunks.remembers(frame)) {
    return {.kind = Placement::Kind::duplicate};
  }
  const std::vector<FrameKey> same = same_time_and_counter(frame, stored);
  if (std::any_of(same.begin(), same.end(),
                  [&](const FrameKey& key) { return key.hash == frame.hash; })) {
    return {.kind = Placement::Kind::duplicate};
  }
  if (is_behind(head, frame)) {
    return append_to(head, frame);
  }
  if (const FrameKey* other = in_epoch(same, last.epoch)) {
    return beside(*other);
  }
  if (auto gap = find_gap(stored.database, linac, last.epoch, frame.time, frame.counter)) {
    return put_into(std::move(*gap), frame);
  }
  if (last.epoch == 1 && is_before_first(head, frame)) {
    Placement placement{.kind = Placement::Kind::before_first, .epoch = 1};
    if (frame.time == head.first_time) {
      placement.sub = head.first_sub - counter_distance(frame.counter, head.first_counter);
    }
    return placement;
  }
  const std::int64_t oldest = std::max<std::int64_t>(1, last.epoch - kEpochsSearched);
  for (std::int64_t epoch = last.epoch - 1; epoch >= oldest; --epoch) {
    if (const FrameKey* other = in_epoch(same, epoch)) {
      return beside(*other);
    }
    if (auto gap = find_gap(stored.database, linac, epoch, frame.time, frame.counter)) {
      return put_into(std::move(*gap), frame);
    }
  }
  return new_epoch;
}

}  // namespace icom::store
