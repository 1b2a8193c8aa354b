#include "gateway/store/lines.hpp"

#include <algorithm>
#include <utility>

namespace icom::store {

namespace {

/// Kept in memory; what is known of more lies in the table.
constexpr std::size_t kMostKept = 8;

std::optional<Line> load_line(Database& database, std::int64_t linac, std::uint64_t run) {
  Query query(database,
              "SELECT epoch, time, sub, arrival, counter FROM position WHERE linac = ? AND run = ? "
              "AND epoch IS NOT NULL");
  query.bind(linac, run);
  if (!query.step()) {
    return std::nullopt;
  }
  Line line;
  line.place = {query.integer(0), query.integer(1), query.integer(2), query.integer(3)};
  line.counter = static_cast<std::uint8_t>(query.integer(4));
  return line;
}

}  // namespace

bool follows(const FramePlace& before, std::uint8_t counter_before, const FramePlace& place,
             std::uint8_t counter) {
  return before.epoch == place.epoch && place.time >= before.time &&
         place.time - before.time <= kMaxQuietSeconds &&
         counter == static_cast<std::uint8_t>(counter_before + 1);
}

Lines::Run& Lines::of(Database& database, std::uint64_t run, const Head& head) {
  if (!runs_.empty() && runs_.back().run == run) {
    return runs_.back();
  }
  const auto known = std::ranges::find(runs_, run, &Run::run);
  if (known != runs_.end()) {
    runs_.splice(runs_.end(), runs_, known);
    return runs_.back();
  }
  if (runs_.size() >= kMostKept) {
    const auto unchanged = std::ranges::find_if(runs_, [](const Run& one) { return !one.changed; });
    if (unchanged != runs_.end()) {
      runs_.erase(unchanged);
    }
  }
  Run fresh{.run = run};
  if (head.run == run && !head.empty()) {
    fresh.line = Line{.place = head.last.place, .counter = head.last.counter};
  } else {
    fresh.line = load_line(database, linac_, run);
  }
  runs_.push_back(fresh);
  return runs_.back();
}

void Lines::appended(Run& run, Head& head, const FrameKey& before) {
  run.line = Line{.place = head.last.place, .counter = head.last.counter};
  if (head.run == run.run) {
    return;
  }
  run.changed = true;  // its row, if it has one, is of no use any more
  if (head.run) {      // until now it said where that one stands
    auto other = std::ranges::find(runs_, *head.run, &Run::run);
    if (other == runs_.end()) {
      other = runs_.insert(
          runs_.begin(),
          Run{.run = *head.run, .line = Line{.place = before.place, .counter = before.counter}});
    }
    other->changed = true;
  }
  head.run = run.run;
}

void Lines::stored_at(Run& run, const FramePlace& place, std::uint8_t counter) {
  run.line = Line{.place = place, .counter = counter};
  run.changed = true;
}

void Lines::equals(Run& run, const FrameKey& stored, std::int64_t received_us, std::size_t bytes) {
  const bool begins = !run.line;
  const bool goes_on = run.line && !run.line->equal.empty() &&
                       follows(run.line->place, run.line->counter, stored.place, stored.counter);
  if (!begins && !goes_on && run.line->place == stored.place) {
    return;  // the same frame twice
  }
  EqualFrames equal;
  if (goes_on) {
    equal = std::move(run.line->equal);
  }
  if (begins || goes_on) {
    equal.add(stored.place, bytes);
  }
  run.changed = run.changed || begins || run.line->place != stored.place;
  run.line = Line{.place = stored.place,
                  .counter = stored.counter,
                  .equal = std::move(equal),
                  .received_later_us = received_us - stored.received_us};
}

bool Lines::cut(Run& run, Head& head) {
  if (run.is_at(head)) {
    run.ended_at = head.arrivals;
  }
  run.changed = run.changed || run.line.has_value();
  run.line.reset();
  if (head.run != run.run) {
    return false;
  }
  head.run.reset();
  return true;
}

void Lines::leave_epoch(Database& database, std::int64_t epoch) {
  for (Run& one : runs_) {
    if (one.line && one.line->place.epoch == epoch) {
      one.line.reset();
      one.changed = true;
    }
  }
  Query query(database,
              "UPDATE position SET epoch = NULL, time = NULL, sub = NULL, arrival = NULL, "
              "counter = NULL WHERE linac = ? AND epoch = ?");
  query.bind(linac_, epoch);
  query.run();
}

void Lines::flush(Database& database, const Head& head) {
  for (Run& one : runs_) {
    if (!one.changed) {
      continue;
    }
    one.changed = false;
    Query query(database,
                "UPDATE position SET epoch = ?, time = ?, sub = ?, arrival = ?, counter = ? "
                "WHERE linac = ? AND run = ?");
    if (one.line && head.run != one.run) {
      const FramePlace& place = one.line->place;
      query.bind(place.epoch, place.time, place.sub, place.arrival, int{one.line->counter}, linac_,
                 one.run);
    } else {
      constexpr std::optional<std::int64_t> kNone;
      query.bind(kNone, kNone, kNone, kNone, kNone, linac_, one.run);
    }
    query.run();
  }
  // Within a transaction a peer may begin a run with each entry.
  while (runs_.size() > kMostKept) {
    runs_.pop_front();
  }
}

}  // namespace icom::store
