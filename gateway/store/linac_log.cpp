#include "gateway/store/linac_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "gateway/store/chunk_merge.hpp"

namespace icom::store {

namespace {

// Each costs the coding of a chunk. Late frames that trickle in make one chunk a commit; a backlog
// makes full ones, of which the last may have to be merged.
constexpr std::size_t kMostMerges = 4;

GapEdge edge_of(const FrameKey& key) {
  return {key.place.epoch, key.place.time, key.place.sub, key.counter};
}

}  // namespace

LinacLog::LinacLog(Database& database, ZstdCodec& zstd, LinacId linac)
    : database_(database),
      zstd_(zstd),
      linac_(linac),
      head_(load_head(database, linac)),
      open_(linac),
      late_(linac),
      lookup_(linac),
      positions_(linac),
      ledger_(linac),
      records_(linac) {
  if (const std::int64_t frames = open_.load_tail(database_, zstd_); frames > 0) {
    spdlog::error(
        "the store holds {} damaged frames of Linac number {}: set aside in the table damaged_tail",
        frames, linac);
    go_back_before_damage();
  }
  records_.load(database_, zstd_);
}

/// The last frames cannot be read any more: the order goes on from the last one that can, so that
/// what is lost shows as a gap, and lands behind it if it should come again.
void LinacLog::go_back_before_damage() {
  if (const auto last = lookup_.last(database_, zstd_)) {
    head_.last = *last;
  }
  if (!head_.given_up) {
    head_.given_up.emplace();
  }
  head_.given_up->add({.frames = 0, .frames_with_patient = 0, .reason = "corrupt"});
  head_changed_ = true;
}

bool LinacLog::take(const IncomingEntry& entry) {
  if (!positions_.advance(database_, entry.run, entry.seq)) {
    return false;  // sent again because the acknowledgement was lost
  }
  if (entry.kind == EntryKind::frame) {
    return take_frame(entry);
  }
  take_event(entry);
  return false;
}

bool LinacLog::take_frame(const IncomingEntry& entry) {
  const Placement placement = place_frame(linac_, entry.identity, entry.run, head_, at_head_,
                                          {database_, zstd_, lookup_, open_.keys(), late_.keys()});
  LedgerCounts& counts = ledger_.at(entry.identity.time);
  ++counts.received;
  if (placement.kind == Placement::Kind::duplicate) {
    ++counts.duplicates;
    if (entry.identity == head_.last.identity()) {
      at_head_.caught_up(entry.run);
    } else {
      at_head_.left(entry.run);
    }
    return false;
  }
  ++counts.stored;
  counts.stored_bytes += static_cast<std::int64_t>(entry.bytes.size());
  counts.conflicts += placement.conflict ? 1 : 0;
  switch (placement.kind) {
    case Placement::Kind::append:
    case Placement::Kind::new_epoch:
      append_frame(entry, placement);
      break;
    default:
      insert_frame(entry, placement);
      break;
  }
  return true;
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

void LinacLog::append_frame(const IncomingEntry& entry, const Placement& placement) {
  const bool first_ever = head_.empty();
  const bool in_line = at_head_.continues(entry.run, entry.identity.counter, head_);
  const FrameKey key = next_key(entry, placement);
  bool incomplete = false;
  if (first_ever) {
    head_.first_time = key.place.time;
    head_.first_sub = key.place.sub;
    head_.first_counter = key.counter;
  } else {
    Continuity between =
        continuity(head_.last.place.time, head_.last.counter, key.place.time, key.counter);
    if (in_line) {
      // One connection, counted on: the Linac itself was silent, or its clock was set.
      between = {.gap = key.place.time - head_.last.place.time > kMaxQuietSeconds, .missing = 0};
    }
    if (between.gap) {
      insert_gap(database_, linac_, gap_before(key, between));
    }
    incomplete = between.incomplete();
  }
  head_.given_up.reset();
  add_at_end(key, entry, incomplete);
  head_.last = key;
  at_head_.appended(entry.run);
}

void LinacLog::add_at_end(const FrameKey& key, const IncomingEntry& entry, bool incomplete_before) {
  if (!open_.accepts(key.place)) {
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
    gap.kind = counted_on ? "silence" : "counter";
  }
  return gap;
}

void LinacLog::insert_frame(const IncomingEntry& entry, const Placement& placement) {
  const FrameKey key = next_key(entry, placement);
  if (placement.gap) {
    split_gap(*placement.gap, key);
  } else if (placement.kind == Placement::Kind::before_first) {
    const GapEdge first{1, head_.first_time, head_.first_sub, head_.first_counter};
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
    return;
  }
  const bool goes_on = placement.gap && !late_.keys().empty() &&
                       placement.gap->from.time == late_.keys().back().place.time &&
                       placement.gap->from.sub == late_.keys().back().place.sub;
  if (!goes_on || !late_.accepts(key.place)) {
    seal_late();
  }
  late_.add(key, entry.bytes);
  records_.insert(key.place);
  at_head_.left(entry.run);
}

void LinacLog::split_gap(const Gap& gap, const FrameKey& key) {
  remove_gap(database_, gap.id);
  record_gap(gap.from, edge_of(key), gap);
  record_gap(edge_of(key), gap.to, gap);
}

void LinacLog::record_gap(GapEdge from, GapEdge to, const Gap& origin) {
  const Continuity between = continuity(from.time, from.counter, to.time, to.counter);
  if (!between.gap) {
    return;
  }
  Gap gap;
  gap.from = from;
  gap.to = to;
  const bool counted_on = to.counter == static_cast<std::uint8_t>(from.counter + 1);
  gap.kind = origin.kind == "hole" ? "hole" : counted_on ? "silence" : "counter";
  gap.missing = between.missing;
  gap.missing_estimate = between.missing_estimate;
  if (origin.given_up) {
    // How many of them this part of the gap still lacks, nobody can say.
    gap.given_up = GivenUp{.reasons = origin.given_up->reasons};
  }
  insert_gap(database_, linac_, gap);
}

void LinacLog::take_event(const IncomingEntry& entry) {
  const std::int64_t time = head_.empty() ? 0 : head_.last.place.time;
  Query query(database_,
              "INSERT INTO event (linac, kind, run, seq, received_us, epoch, time, bytes) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  std::optional<std::int64_t> epoch_or_null;
  std::optional<std::int64_t> time_or_null;
  if (!head_.empty()) {
    epoch_or_null = head_.last.place.epoch;
    time_or_null = time;
  }
  query.bind(linac_, static_cast<int>(entry.kind), entry.run, entry.seq, entry.received_us,
             epoch_or_null, time_or_null, entry.bytes);
  query.run();
  if (entry.kind == EntryKind::junk) {
    LedgerCounts& counts = ledger_.at(time);
    ++counts.junk_runs;
    counts.junk_bytes += static_cast<std::int64_t>(entry.bytes.size());
    return;
  }
  at_head_.left(entry.run);
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

void LinacLog::merge_late_chunks() {
  // The newest first: those before it may already be full.
  std::size_t merges = 0;
  while (!late_chunks_.empty() && merges < kMostMerges) {
    const std::int64_t chunk = late_chunks_.back();
    late_chunks_.pop_back();
    if (const auto merged = merge_chunk(database_, zstd_, chunk)) {
      lookup_.forget(merged->into);
      lookup_.forget(merged->gone);
      late_chunks_.push_back(
          merged->into);  // where earlier commits left more than they could merge
      ++merges;
    }
  }
  late_chunks_.clear();
}

void LinacLog::flush(std::vector<std::int64_t>& changed_records) {
  seal_late();
  merge_late_chunks();
  open_.flush_to_tail(database_, zstd_);
  if (head_changed_) {
    save_head(database_, linac_, head_);
    head_changed_ = false;
  }
  positions_.flush(database_);
  ledger_.flush(database_);
  records_.flush(database_, zstd_, changed_records);
}

}  // namespace icom::store
