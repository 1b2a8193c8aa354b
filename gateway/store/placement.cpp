#include "gateway/store/placement.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "gateway/store/begun_epoch.hpp"

namespace icom::store {

namespace {

// What was received no later than this after a stored frame was may have been sent before it: the
// clocks of two agents differ.
constexpr std::int64_t kSameMomentUs = 5'000'000;
// A clock that was set back by whole rounds of the counter meets stored frames that were received
// at least one round ago. What is received sooner after them is a replay.
constexpr std::int64_t kSoonestRoundUs = kCounterWrapSeconds * 1'000'000 - kSameMomentUs;

bool is_behind(const Head& head, const FrameIdentity& frame) {
  const FramePlace& last = head.last.place;
  return frame.time > last.time ||
         (frame.time == last.time && counter_distance(head.last.counter, frame.counter) > 0);
}

Placement new_epoch_after(const Head& head) {
  return {.kind = Placement::Kind::new_epoch, .epoch = head.last.place.epoch + 1};
}

Placement duplicate_of(const FrameKey& key) {
  return {.kind = Placement::Kind::duplicate, .stored = key};
}

// Where a gap lies between two epochs: on the side of this one.
Placement put_into(Gap gap, const FrameIdentity& frame, std::int64_t epoch, bool counted) {
  // Where nothing counts, frames of one second stand in the order in which they come.
  constexpr std::int64_t kRoom = 1024;
  Placement placement{.kind = Placement::Kind::into_gap, .epoch = epoch};
  if (frame.time == gap.from.time && epoch == gap.from.epoch) {
    placement.sub =
        gap.from.sub + (counted ? counter_distance(gap.from.counter, frame.counter) : 1);
  } else if (frame.time == gap.to.time && epoch == gap.to.epoch) {
    placement.sub =
        gap.to.sub - (counted ? counter_distance(frame.counter, gap.to.counter) : kRoom);
  }
  placement.gap = std::move(gap);
  return placement;
}

Placement beside(const FramePlace& other) {
  return {
      .kind = Placement::Kind::conflict,
      .epoch = other.epoch,
      .sub = other.sub,
      .conflict = true,
  };
}

// All stored frames of this time and counter, or time and hash, of any epoch.
std::vector<FrameKey> matches(const FrameIdentity& frame, const StoredFrames& stored) {
  std::vector<FrameKey> found;
  const auto collect = [&](const FrameKey& key) { found.push_back(key); };
  for_each_match(stored.open, frame, collect);
  for_each_match(stored.late, frame, collect);
  stored.chunks.find(stored.database, stored.zstd, frame, stored.epoch, found);
  return found;
}

const FrameKey* in_epoch(const std::vector<FrameKey>& keys, std::int64_t epoch) {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const FrameKey& key) { return key.place.epoch == epoch; });
  return found == keys.end() ? nullptr : &*found;
}

// The stored frame that is equal to this one; of several, the one that the connection has come to,
// or else the one of the latest epoch.
const FrameKey* equal_one(const std::vector<FrameKey>& keys, const ArrivingFrame& arriving,
                          const Head& head) {
  const auto& line = arriving.run.line;
  const FrameKey* best = nullptr;
  for (const FrameKey& key : keys) {
    if (key.hash != arriving.identity.hash) {
      continue;
    }
    if (line &&
        (key.place == line->place || follows(line->place, line->counter, key.place, key.counter))) {
      return &key;
    }
    if (best == nullptr || key.place == head.last.place || key.place.epoch > best->place.epoch) {
      best = &key;
    }
  }
  return best;
}

std::optional<std::int64_t> received_at(const GapEdge& edge, const StoredFrames& stored) {
  const auto key = key_at(edge, stored);
  return key ? std::optional(key->received_us) : std::nullopt;
}

// Nothing that a clock set back has sent was received before what was stored earlier.
bool may_be_a_backlog(const ArrivingFrame& arriving, std::optional<std::int64_t> stored_us) {
  return stored_us && arriving.received_us <= *stored_us + kSameMomentUs;
}

// `later_us`: how much later frames are received than stored ones of their time and counter. Where
// a listener receives them before it did, its own clock was set, and tells nothing.
bool is_replay(std::int64_t later_us, bool held) {
  return later_us < kSoonestRoundUs && (!held || later_us >= -kSameMomentUs);
}

// The connection stands at a stored frame that is not the head: the frame belongs there, or the
// Linac's clock was set back since.
Placement place_after(const Line& line, std::int64_t linac, const ArrivingFrame& arriving,
                      const Head& head, const std::vector<FrameKey>& same,
                      const StoredFrames& stored) {
  const FrameIdentity& frame = arriving.identity;
  const bool held = arriving.run.held(head);
  for (const FrameKey& other : same) {
    const bool is_there = other.place.epoch == line.place.epoch &&
                          ((other.place.time == line.place.time && other.counter == line.counter) ||
                           (follows(line.place, line.counter, other.place, other.counter) &&
                            is_replay(line.received_later_us, held) &&
                            is_replay(arriving.received_us - other.received_us, held)));
    if (is_there) {
      return beside(other.place);
    }
  }
  if (frame.time >= line.place.time) {
    auto gap = find_gap(stored.database, linac, line.place.epoch, frame, arriving.counted);
    // At the gap's edge, or so near that what lies between came twice.
    if (gap && (gap->from.time - line.place.time <= kMaxQuietSeconds ||
                (!held && may_be_a_backlog(arriving, received_at(gap->to, stored))))) {
      return put_into(std::move(*gap), frame, line.place.epoch, arriving.counted);
    }
  }
  if (is_behind(head, frame)) {
    return append_to(head, frame);
  }
  Placement placement = new_epoch_after(head);
  const FramePlace place{line.place.epoch, frame.time, 0, 0};
  if (held && follows(line.place, line.counter, place, frame.counter)) {
    // A replay would have gone on to the head. So the clock was set back by whole rounds of the
    // counter, and what this connection began with was sent anew, equal in every byte.
    placement.equal_before = line.equal.count();
  }
  return placement;
}

// The last frame of an older epoch: what its connection brings next stands between the two epochs.
std::optional<Placement> place_between_epochs(const Line& line, std::int64_t linac,
                                              const ArrivingFrame& arriving,
                                              const StoredFrames& stored) {
  const FrameIdentity& frame = arriving.identity;
  auto gap = find_clock_gap(stored.database, linac, line.place);
  if (!gap) {
    return std::nullopt;
  }
  const bool clock_went_on =
      frame.time > line.place.time ||
      (frame.time == line.place.time && counter_distance(line.counter, frame.counter) > 0);
  const bool is_before_next =
      frame.time < gap->to.time ||
      (frame.time == gap->to.time && counter_distance(frame.counter, gap->to.counter) > 0);
  if (!clock_went_on && !is_before_next) {
    return std::nullopt;
  }
  const std::int64_t epoch = clock_went_on ? gap->from.epoch : gap->to.epoch;
  return put_into(std::move(*gap), frame, epoch, arriving.counted);
}

// `same`: what matches() gives for the frame. However many stand there, three looks more.
std::optional<GapEdge> stored_after_one_of(const std::vector<FrameKey>& same,
                                           const FrameIdentity& frame, const StoredFrames& stored,
                                           std::int64_t newest) {
  std::set<std::int64_t> epochs;
  for (const FrameKey& other : same) {
    if (other.counter == frame.counter && other.place.time == frame.time &&
        other.place.epoch <= newest && other.place.epoch >= newest - kEpochsSearched) {
      epochs.insert(other.place.epoch);
    }
  }
  std::optional<GapEdge> found;  // of the latest epoch, the nearest
  const auto counter = static_cast<std::uint8_t>(frame.counter + 1);
  for (std::int64_t later = 0; later <= kMaxQuietSeconds && !epochs.empty(); ++later) {
    for (const FrameKey& key : matches({frame.time + later, counter, 0}, stored)) {
      if (key.counter == counter && key.place.time == frame.time + later &&
          epochs.contains(key.place.epoch) && (!found || key.place.epoch > found->epoch)) {
        found = edge_of(key);
      }
    }
  }
  return found;
}

// Nothing tells yet whether the clock was set back, or this is a replay that begins with a frame
// that was never received, or with one that differs from the stored one.
Placement new_epoch_or_replay(std::int64_t linac, const ArrivingFrame& arriving, const Head& head,
                              const std::vector<FrameKey>& same, const StoredFrames& stored) {
  Placement placement = new_epoch_after(head);
  if (arriving.counted) {
    placement.replay_until = where_replay_would_lead(stored.database, linac, head,
                                                     arriving.identity, head.last.place.epoch);
    if (!placement.replay_until) {
      placement.replay_until =
          stored_after_one_of(same, arriving.identity, stored, head.last.place.epoch);
    }
  }
  return placement;
}

// The stored frame to which a replay that began the current epoch has counted on.
std::optional<FrameKey> end_of_replay(const FrameIdentity& frame, const StoredFrames& stored) {
  const std::optional<GapEdge>& until = stored.replay_until;
  if (!until || frame.time != until->time || frame.counter != until->counter) {
    return std::nullopt;
  }
  for (const FrameKey& key : matches(frame, stored)) {
    if (key.hash == frame.hash && edge_of(key) == *until) {
      return key;
    }
  }
  return std::nullopt;
}

// Nothing but its numbers, and when it was received, tells where it belongs.
Placement place_alone(std::int64_t linac, const ArrivingFrame& arriving, const Head& head,
                      const std::vector<FrameKey>& same, const StoredFrames& stored) {
  const FrameIdentity& frame = arriving.identity;
  if (is_behind(head, frame)) {
    return append_to(head, frame);
  }
  if (arriving.run.held(head)) {
    const FramePlace& last = head.last.place;
    const bool beside_head = arriving.counted && frame.time == last.time &&
                             frame.counter == head.last.counter &&
                             may_be_a_backlog(arriving, head.last.received_us);
    return beside_head ? beside(last) : new_epoch_or_replay(linac, arriving, head, same, stored);
  }
  const std::int64_t current = head.last.place.epoch;
  const std::int64_t oldest = std::max(kFirstEpoch, current - kEpochsSearched);
  for (std::int64_t epoch = current; epoch >= oldest; --epoch) {
    const FrameKey* other = in_epoch(same, epoch);
    if (arriving.counted && other != nullptr && may_be_a_backlog(arriving, other->received_us)) {
      return beside(other->place);
    }
    auto gap = find_gap(stored.database, linac, epoch, frame, arriving.counted);
    if (gap && may_be_a_backlog(arriving, received_at(gap->to, stored))) {
      return put_into(std::move(*gap), frame, epoch, arriving.counted);
    }
    if (current == kFirstEpoch && is_before_first(head, frame) &&
        may_be_a_backlog(arriving, received_at(first_edge(head), stored))) {
      Placement placement{.kind = Placement::Kind::before_first, .epoch = kFirstEpoch};
      if (frame.time == head.first_time) {
        placement.sub = head.first_sub - counter_distance(frame.counter, head.first_counter);
      }
      return placement;
    }
  }
  return new_epoch_or_replay(linac, arriving, head, same, stored);
}

}  // namespace

std::optional<FrameKey> key_at(const GapEdge& edge, const StoredFrames& stored) {
  std::optional<FrameKey> first;  // of those in conflict there
  for (const FrameKey& key : matches({edge.time, edge.counter, 0}, stored)) {
    if (key.place.epoch == edge.epoch && key.place.sub == edge.sub &&
        (!first || key.place.arrival < first->place.arrival)) {
      first = key;
    }
  }
  return first;
}

std::optional<FrameKey> stored_in_front_of(const GapEdge& edge, const FrameIdentity& frame,
                                           const StoredFrames& stored) {
  const FramePlace after{edge.epoch, edge.time, edge.sub, 0};
  for (const FrameKey& key : matches({frame.time, frame.counter, 0}, stored)) {
    if (key.counter == frame.counter && key.place.time == frame.time &&
        follows(key.place, key.counter, after, edge.counter)) {
      return key;
    }
  }
  return std::nullopt;
}

std::optional<GapEdge> stored_after_other(const FrameIdentity& frame, const StoredFrames& stored,
                                          std::int64_t newest) {
  return stored_after_one_of(matches(frame, stored), frame, stored, newest);
}

Placement append_to(const Head& head, const FrameIdentity& frame) {
  Placement placement{.kind = Placement::Kind::append, .epoch = head.last.place.epoch};
  if (frame.time == head.last.place.time) {
    // A counter that does not count up says nothing of the order.
    placement.sub = head.last.place.sub +
                    std::max<std::int64_t>(1, counter_distance(head.last.counter, frame.counter));
  }
  return placement;
}

Placement place_frame(std::int64_t linac, const ArrivingFrame& arriving, const Head& head,
                      const StoredFrames& stored) {
  const FrameIdentity& frame = arriving.identity;
  if (head.empty()) {
    return {.kind = Placement::Kind::append, .epoch = kFirstEpoch};
  }
  const std::optional<Line>& line = arriving.run.line;
  const FramePlace& last = head.last.place;
  if (frame.hash == head.last.hash && frame.time == last.time && arriving.run.is_at(head)) {
    return duplicate_of(head.last);  // sent twice
  }
  if (arriving.run.continues(head, frame.counter)) {
    if (const auto key = end_of_replay(frame, stored)) {
      Placement placement = duplicate_of(*key);
      placement.shows_replay = true;
      return placement;
    }
    // Nothing came between, so it cannot be stored yet, whatever is equal to it: where its time
    // fell the clock was set back.
    return frame.time >= last.time ? append_to(head, frame) : new_epoch_after(head);
  }
  const bool at_head = arriving.run.is_at(head);
  const bool in_older_epoch = line && line->place.epoch < last.epoch;
  if (frame.time > head.highest_time && !in_older_epoch) {
    return append_to(head, frame);
  }
  if (const auto key = stored.chunks.remembers(frame);
      key && line && follows(line->place, line->counter, key->place, key->counter)) {
    return duplicate_of(*key);
  }
  const std::vector<FrameKey> same = matches(frame, stored);
  if (const FrameKey* key = equal_one(same, arriving, head)) {
    return duplicate_of(*key);
  }
  if (at_head) {
    const bool beside_head =
        arriving.counted && frame.time == last.time && frame.counter == head.last.counter;
    return beside_head               ? beside(last)
           : frame.time >= last.time ? append_to(head, frame)
                                     : new_epoch_after(head);
  }
  if (in_older_epoch) {
    if (auto placement = place_between_epochs(*line, linac, arriving, stored)) {
      return *std::move(placement);
    }
    if (frame.time > head.highest_time) {
      return append_to(head, frame);
    }
  }
  return line ? place_after(*line, linac, arriving, head, same, stored)
              : place_alone(linac, arriving, head, same, stored);
}

}  // namespace icom::store
