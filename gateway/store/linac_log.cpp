#include "gateway/store/linac_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/icom/values.hpp"
#include "gateway/store/chunk_merge.hpp"
#include "gateway/store/clock_table.hpp"
#include "gateway/store/frame_scan.hpp"

namespace icom::store {

namespace {

// Each costs the coding of a chunk. Late frames that trickle in make one chunk per commit; a
// backlog makes full ones, of which the last may have to be merged.
constexpr std::size_t kMostMerges = 4;

// Frames of a chunk stand before the first one that is looked for, and those in conflict between.
constexpr std::size_t kMostFramesReadAgain = 4 * EqualFrames::kMostFrames;
constexpr std::size_t kMostBytesReadAgain = 4 * EqualFrames::kMostBytes;

// Beyond a few, each run that a transaction stores something of is a row more, written when it
// ends: that takes as long as a KiB that is coded.
constexpr std::size_t kRunsAtNoCost = 16;
constexpr std::int64_t kRunCoded = 1'024;

std::uint64_t fingerprint_of(const IncomingEntry& entry) {
  const bool hashed = entry.kind == EntryKind::frame;
  return entry_fingerprint(entry.received_us,
                           hashed ? entry.identity.hash : content_hash(entry.bytes));
}

}  // namespace

LinacLog::LinacLog(Database& database, ZstdCodec& zstd, LinacId linac, const EventLimits& limits,
                   RebuildPace pace, RebuildPace::Clock clock)
    : database_(database),
      zstd_(zstd),
      linac_(linac),
      head_(load_head(database, linac)),
      open_(linac, ChunkKind::at_end),
      late_(linac, ChunkKind::late),
      lookup_(linac),
      lines_(linac),
      counter_(linac),
      positions_(linac),
      ledger_(linac),
      events_(linac, limits),
      unread_(linac),
      machine_(database, linac),
      zone_(linac),
      clock_(load_newest_clock(database, linac)),
      records_(linac, pace, std::move(clock)) {
  zone_.load(database_, head_.last.place);
  if (const std::int64_t frames = open_.load_tail(database_, zstd_); frames > 0) {
    spdlog::error(
        "the store holds {} damaged frames of Linac number {}: set aside in the table damaged_tail",
        frames, linac);
    go_back_before_damage();
  }
  counter_.load(database_, zstd_,
                open_.keys().empty() ? head_.last.place : open_.keys().front().place);
  if (counter_.is_known()) {
    round_.load(lookup_.latest(database_, zstd_), open_.keys());
    replay_until_ = where_begun_epoch_would_lead();
  }
  records_.load(database_, zstd_);
}

/// The last frames cannot be read any more: the order goes on from the last one that can, so that
/// what is lost shows as a gap, and lands after it if it should come again.
void LinacLog::go_back_before_damage() {
  if (const auto last = lookup_.last(database_, zstd_)) {
    head_.last = *last;
  }
  if (!head_.given_up) {
    head_.given_up.emplace();
  }
  head_.given_up->add({.frames = 0, .frames_with_patient = 0, .reason = "corrupt"});
  head_.run.reset();
  head_changed_ = true;
  zone_.go_back(database_, head_.last.place);
}

std::optional<FrameIdentity> LinacLog::take(const IncomingEntry& entry) {
  const std::size_t runs = positions_.rows_to_write();
  if (!positions_.advance(database_, entry.run, {entry.seq, fingerprint_of(entry)})) {
    return std::nullopt;  // sent again because the acknowledgement was lost
  }
  if (positions_.rows_to_write() > std::max(runs, kRunsAtNoCost)) {
    coded_others_ += kRunCoded;
  }
  if (entry.kind == EntryKind::frame) {
    return take_frame(entry);
  }
  coded_others_ += std::ssize(entry.bytes);
  take_event(entry);
  return std::nullopt;
}

std::optional<FrameIdentity> LinacLog::take_frame(const IncomingEntry& entry) {
  Lines::Run& run = lines_.of(database_, entry.run, head_);
  const std::uint8_t counter =
      head_.empty() && !counter_.is_known()
          ? entry.identity.counter
          : counter_.of(entry.bytes, run.line ? run.line->counter : head_.last.counter);
  if (counter == entry.identity.counter) {
    return take_counted(entry, run) ? std::optional(entry.identity) : std::nullopt;
  }
  IncomingEntry counted = entry;
  counted.identity.counter = counter;
  return take_counted(counted, run) ? std::optional(counted.identity) : std::nullopt;
}

StoredFrames LinacLog::stored_frames() {
  return {.database = database_,
          .zstd = zstd_,
          .chunks = lookup_,
          .open = open_.keys(),
          .late = late_.keys(),
          .epoch = head_.last.place.epoch,
          .replay_until = replay_until_};
}

bool LinacLog::take_counted(const IncomingEntry& entry, Lines::Run& run) {
  Placement placement =
      place_frame(linac_, {entry.identity, entry.received_us, run, counter_.is_known()}, head_,
                  stored_frames());
  if (placement.shows_replay && !put_back_replay(run)) {
    placement = append_to(head_, entry.identity);
  }
  LedgerCounts& counts = ledger_.at(entry.identity.time);
  ++counts.received;
  if (placement.kind == Placement::Kind::duplicate) {
    ++counts.duplicates;
    take_duplicate(entry, *placement.stored, run);
    return false;
  }
  if (placement.equal_before > 0) {
    begin_epoch_with_equals(entry, placement, run);
  }
  store_frame(entry, placement, run);
  if (placement.kind == Placement::Kind::append || placement.kind == Placement::Kind::new_epoch) {
    measure_clock(entry);
  }
  return true;
}

/// By a frame that came in its turn.
void LinacLog::measure_clock(const IncomingEntry& entry) {
  if (clock_.add(entry.identity.time, entry.received_us) &&
      clock_.conclude(zone_.at(clock_.latest_us()))) {
    save_clock(database_, linac_, *clock_.newest());
  }
}

void LinacLog::take_duplicate(const IncomingEntry& entry, const FrameKey& stored, Lines::Run& run) {
  // The connection went on from one epoch to the next: nothing is missing between the two.
  if (run.line && run.line->place.epoch + 1 == stored.place.epoch &&
      static_cast<std::uint8_t>(run.line->counter + 1) == stored.counter) {
    const auto gap = find_clock_gap(database_, linac_, run.line->place);
    if (gap && gap->to.time == stored.place.time && gap->to.sub == stored.place.sub) {
      remove_gap(database_, gap->id);
      records_.insert(run.line->place);  // the record that ended there lacks nothing now
      records_.insert(stored.place);
    }
  }
  Lines::equals(run, stored, entry.received_us, entry.bytes.size());
}

void LinacLog::store_frame(const IncomingEntry& entry, const Placement& placement,
                           Lines::Run& run) {
  LedgerCounts& counts = ledger_.at(entry.identity.time);
  ++counts.stored;
  counts.stored_bytes += static_cast<std::int64_t>(entry.bytes.size());
  counts.conflicts += placement.conflict ? 1 : 0;
  unread_.note(database_, entry.facts);
  machine_.note(database_, entry.facts);
  switch (placement.kind) {
    case Placement::Kind::append:
    case Placement::Kind::new_epoch:
      append_frame(entry, placement, run);
      break;
    default:
      insert_frame(entry, placement, run);
      break;
  }
}

/// The frames whose places these are, as far as they can be read.
std::vector<LinacLog::StoredFrame> LinacLog::read_again(
    std::span<const EqualFrames::Frame> frames) {
  std::vector<StoredFrame> again;
  auto next = frames.begin();
  std::size_t frames_read = 0;
  std::size_t bytes_read = 0;
  try {
    FrameScan scan(database_, zstd_, linac_, next->place, frames.back().place);
    while (next != frames.end() && scan.next()) {
      ++frames_read_again_;
      bytes_read += scan.frame().size();
      if (++frames_read > kMostFramesReadAgain || bytes_read > kMostBytesReadAgain) {
        throw CorruptData("too many others stand between them");
      }
      while (next != frames.end() && next->place < scan.key().place) {
        ++next;  // was lost since
      }
      if (next != frames.end() && next->place == scan.key().place) {
        again.push_back({scan.key(), ByteVector(scan.frame().begin(), scan.frame().end())});
        ++next;
      }
    }
  } catch (const CorruptData& damage) {
    spdlog::error("frames of Linac number {} that came again stay counted as duplicates: {}",
                  linac_, damage.what());
    again.clear();
  }
  return again;
}

/// The clock was set back, and what the connection brought since was equal to what is stored, so it
/// was counted as duplicates. Only this frame shows that these were new.
void LinacLog::begin_epoch_with_equals(const IncomingEntry& entry, Placement& placement,
                                       Lines::Run& run) {
  const Line line = *run.line;
  seal_late();
  open_.flush_to_tail(database_, zstd_);
  const std::vector<StoredFrame> again = read_again(line.equal.latest());
  const auto after_head = [&](const FrameIdentity& frame) {
    return Placement{.kind = Placement::Kind::append,
                     .epoch = head_.last.place.epoch,
                     .sub = frame.time == head_.last.place.time ? head_.last.place.sub + 1 : 0};
  };
  for (const auto& [key, bytes] : again) {
    const IncomingEntry equal{.kind = EntryKind::frame,
                              .run = entry.run,
                              .seq = entry.seq,
                              .received_us = key.received_us + line.received_later_us,
                              .bytes = bytes,
                              .identity = key.identity(),
                              .facts = facts_of(bytes)};
    --ledger_.at(key.place.time).duplicates;
    const bool first = key.place == again.front().key.place;
    store_frame(equal, first ? placement : after_head(equal.identity), run);
  }
  if (!again.empty()) {
    placement = after_head(entry.identity);
  }
}

FrameKey LinacLog::next_key(const IncomingEntry& entry, const Placement& placement) {
  head_changed_ = true;
  ++head_.arrivals;
  head_.highest_time =
      head_.arrivals == 1 ? entry.identity.time : std::max(head_.highest_time, entry.identity.time);
  FrameKey key;
  key.place = {placement.epoch, entry.identity.time, placement.sub, head_.arrivals};
  key.hash = entry.identity.hash;
  key.received_us = entry.received_us;
  key.counter = entry.identity.counter;
  key.conflict = placement.conflict;
  return key;
}

void LinacLog::append_frame(const IncomingEntry& entry, const Placement& placement,
                            Lines::Run& run) {
  const bool first_ever = head_.empty();
  const bool in_line = !first_ever && run.continues(head_, entry.identity.counter);
  if (placement.kind == Placement::Kind::new_epoch) {
    replay_until_ = placement.replay_until;
  }
  const FrameKey key = next_key(entry, placement);
  zone_.appended(database_, key,
                 key.place.epoch == head_.last.place.epoch &&
                     key.place.time - head_.last.place.time <= kMaxQuietSeconds);
  bool incomplete = false;
  if (first_ever) {
    head_.first_time = key.place.time;
    head_.first_sub = key.place.sub;
    head_.first_counter = key.counter;
    incomplete = records::is_amid_treatment(entry.facts);
  } else {
    Continuity from_head = between(edge_of(head_.last), edge_of(key));
    if (in_line) {
      // One connection, counted on: the Linac itself was silent, or its clock was set.
      from_head = {.gap = key.place.time - head_.last.place.time > kMaxQuietSeconds, .missing = 0};
    }
    if (head_.given_up && !counter_.is_known()) {
      from_head.gap = true;
    }
    if (from_head.gap) {
      insert_gap(database_, linac_, gap_before(key, from_head));
    }
    incomplete = from_head.incomplete();
  }
  head_.given_up.reset();
  add_at_end(key, entry, incomplete);
  const FrameKey before = std::exchange(head_.last, key);
  if (counter_.is_known()) {
    round_.next(key.place.time,
                in_line && follows(before.place, before.counter, key.place, key.counter));
  }
  lines_.appended(run, head_, before);
  learn_counter(entry.bytes, run);
}

/// From a frame that its connection brought directly after the head, or that became the head.
void LinacLog::learn_counter(Bytes frame, Lines::Run& run) {
  if (counter_.observe(frame) && counter_.is_known()) {
    head_.last.counter = run.line->counter = counter_.of(frame, 0);
  }
}

Continuity LinacLog::between(const GapEdge& from, const GapEdge& to) const {
  if (counter_.is_known()) {
    return continuity(from.time, from.counter, to.time, to.counter, round_.seconds());
  }
  // Nothing but the time tells.
  const std::int64_t elapsed = to.time - from.time;
  return {.gap = from.epoch != to.epoch || elapsed > kMaxQuietSeconds,
          .missing = std::nullopt,
          .missing_estimate = std::max<std::int64_t>(0, elapsed * kMessagesPerSecond - 1)};
}

void LinacLog::add_at_end(const FrameKey& key, const IncomingEntry& entry, bool incomplete_before) {
  if (!open_.accepts(key.place, entry.bytes.size())) {
    open_.seal(database_, zstd_);
  }
  open_.add(key, entry.bytes);
  if (open_.is_full()) {
    open_.seal(database_, zstd_);
  }
  records_.append(database_, {key.place, entry.facts, incomplete_before});
}

Gap LinacLog::gap_before(const FrameKey& key, const Continuity& between) const {
  Gap gap;
  gap.from = edge_of(head_.last);
  gap.to = edge_of(key);
  gap.missing = between.missing;
  gap.missing_estimate = between.missing_estimate;
  gap.given_up = head_.given_up;
  const bool counted_on = key.counter == static_cast<std::uint8_t>(head_.last.counter + 1);
  if (gap.from.epoch != gap.to.epoch) {
    gap.kind = "clock";
  } else if (head_.given_up) {
    gap.kind = "hole";
  } else {
    gap.kind = counted_on || !counter_.is_known() ? "silence" : "counter";
  }
  return gap;
}

void LinacLog::insert_frame(const IncomingEntry& entry, const Placement& placement,
                            Lines::Run& run) {
  const FrameKey key = next_key(entry, placement);
  if (placement.gap) {
    zone_.inserted(database_, key, placement.gap->to);
    split_gap(*placement.gap, key);
  } else if (placement.kind == Placement::Kind::before_first) {
    const GapEdge first{kFirstEpoch, head_.first_time, head_.first_sub, head_.first_counter};
    zone_.inserted(database_, key, first);
    record_gap(edge_of(key), first, {});
    head_.first_time = key.place.time;
    head_.first_sub = key.place.sub;
    head_.first_counter = key.counter;
  }
  // A frame in conflict with the head stands at the end too, but it does not become what is counted
  // on from.
  const bool at_end =
      placement.kind == Placement::Kind::conflict && placement.epoch == head_.last.place.epoch &&
      key.place.time == head_.last.place.time && key.place.sub == head_.last.place.sub;
  if (at_end) {
    add_at_end(key, entry, false);
    if (run.is_at(head_)) {
      learn_counter(entry.bytes, run);  // where another byte counts, most frames are in conflict
    } else {
      Lines::stored_at(run, head_.last.place, head_.last.counter);
    }
    return;
  }
  add_late(key, entry.bytes);
  Lines::stored_at(run, key.place, key.counter);
}

void LinacLog::add_late(const FrameKey& key, Bytes frame) {
  if (!late_.accepts(key.place, frame.size())) {
    seal_late();
  }
  late_.add(key, frame);
  records_.insert(key.place);
}

void LinacLog::split_gap(const Gap& gap, const FrameKey& key) {
  remove_gap(database_, gap.id);
  record_gap(gap.from, edge_of(key), gap);
  record_gap(edge_of(key), gap.to, gap);
}

void LinacLog::record_gap(GapEdge from, GapEdge to, const Gap& origin) {
  const Continuity left = between(from, to);
  if (!left.gap) {
    return;
  }
  Gap gap;
  gap.from = from;
  gap.to = to;
  const bool counted_on = to.counter == static_cast<std::uint8_t>(from.counter + 1);
  gap.kind = from.epoch != to.epoch  ? "clock"
             : origin.kind == "hole" ? "hole"
             : counted_on            ? "silence"
                                     : "counter";
  if (gap.kind == "counter" && !counter_.is_known()) {
    gap.kind = "silence";
  }
  gap.missing = left.missing;
  gap.missing_estimate = left.missing_estimate;
  if (origin.given_up) {
    // How many of them this part of the gap still lacks, nobody can say.
    gap.given_up = GivenUp{.reasons = origin.given_up->reasons};
  }
  insert_gap(database_, linac_, gap);
}

void LinacLog::take_event(const IncomingEntry& entry) {
  events_.add(database_, zstd_, ledger_, entry, head_);
  if (entry.kind == EntryKind::junk) {
    return;
  }
  if (Lines::cut(lines_.of(database_, entry.run, head_), head_)) {
    head_changed_ = true;
  }
  if (entry.kind == EntryKind::hole) {
    if (!head_.given_up) {
      head_.given_up.emplace();
    }
    head_.given_up->add(decode_hole(entry.bytes));
    head_changed_ = true;
  }
}

void LinacLog::seal_late() {
  if (const auto chunk = late_.seal(database_, zstd_)) {
    late_chunks_.push_back(*chunk);
  }
}

/// Takes what it merges off `most_bytes`. What is left apart may be merged with what comes next.
void LinacLog::merge_late_chunks(std::int64_t& most_bytes) {
  // The newest first: those before it may already be full.
  std::size_t merges = 0;
  while (!late_chunks_.empty() && merges < kMostMerges) {
    const std::int64_t chunk = late_chunks_.back();
    late_chunks_.pop_back();
    if (const auto merged = merge_chunk(database_, zstd_, chunk, most_bytes)) {
      most_bytes -= merged->bytes;
      for (const std::int64_t gone : merged->gone) {
        lookup_.forget(gone);
        std::erase(late_chunks_, gone);
      }
      late_chunks_.push_back(
          merged->into);  // where earlier commits left more than they could merge
      ++merges;
    }
  }
  late_chunks_.clear();
}

void LinacLog::flush(std::vector<std::int64_t>& changed_records, CommitBudget& budget) {
  seal_late();
  merge_late_chunks(budget.bytes_to_merge);
  open_.flush_to_tail(database_, zstd_);
  if (head_changed_) {
    save_head(database_, linac_, head_);
    head_changed_ = false;
  }
  positions_.flush(database_);
  lines_.flush(database_, head_);
  events_.flush(database_, zstd_, ledger_);
  counter_.flush(database_);
  machine_.flush(database_);
  ledger_.flush(database_);
  budget.frames_to_build -= records_.flush(
      database_, zstd_, std::max<std::int64_t>(budget.frames_to_build, 0), changed_records);
}

}  // namespace icom::store
