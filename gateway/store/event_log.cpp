#include "gateway/store/event_log.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace icom::store {

namespace {

// More runs would not be smaller together, and a pack that is damaged costs all of them.
constexpr std::size_t kPackBytes = 256U << 10U;
constexpr std::int64_t kPackRuns = 4'096;
// What a row takes beside its data, its places in the indexes with it.
constexpr std::int64_t kRowBytes = 100;
// A reason is an agent's own short text, and a hole two numbers more.
constexpr std::size_t kMostEventBytes = 256;

}  // namespace

EventLog::EventLog(std::int64_t linac, const EventLimits& limits)
    : linac_(linac), limits_(limits), complaints_(1, std::chrono::hours(1)) {}

EventLog::Tally& EventLog::tally(Database& database) {
  if (!tally_) {
    tally_ = Tally{0, 0, 0, 0};
    Query query(database,
                "SELECT junk_bytes, events_day, day_junk_bytes, day_rows FROM linac WHERE id = ?");
    query.bind(linac_);
    if (query.step()) {
      *tally_ = {query.integer(0), query.integer(1), query.integer(2), query.integer(3)};
    }
  }
  if (const std::int64_t today = limits_.day(); tally_->day != today) {
    *tally_ = {tally_->junk_bytes, today, 0, 0};
  }
  return *tally_;
}

void EventLog::add(Database& database, ZstdCodec& zstd, LedgerTally& ledger,
                   const IncomingEntry& entry, const Head& head) {
  if (entry.kind == EntryKind::junk) {
    add_junk(database, zstd, ledger, entry, head);
    return;
  }
  Tally& today = tally(database);
  const Bytes bytes = entry.bytes.first(std::min(entry.bytes.size(), kMostEventBytes));
  if (today.day_rows >= limits_.rows_per_day) {
    if (entry.kind != EntryKind::hole) {
      ++ledger.at(head.empty() ? 0 : head.last.place.time).events_dropped;
      return;
    }
    if (add_to_last_hole(database, entry)) {
      return;
    }
  }
  insert_row(database, entry, bytes, head);
  ++today.day_rows;
  tally_changed_ = true;
}

void EventLog::insert_row(Database& database, const IncomingEntry& entry, Bytes bytes,
                          const Head& head) {
  Query query(database,
              "INSERT INTO event (linac, kind, run, seq, received_us, epoch, time, bytes) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  std::optional<std::int64_t> epoch_or_null;
  std::optional<std::int64_t> time_or_null;
  if (!head.empty()) {
    epoch_or_null = head.last.place.epoch;
    time_or_null = head.last.place.time;
  }
  query.bind(linac_, static_cast<int>(entry.kind), entry.run, entry.seq, entry.received_us,
             epoch_or_null, time_or_null, bytes);
  query.run();
}

/// So that the sum of all holes stays what agents told. False if there is none.
bool EventLog::add_to_last_hole(Database& database, const IncomingEntry& entry) {
  std::int64_t id = 0;
  Hole sum;
  {
    Query find(database,
               "SELECT id, bytes FROM event WHERE linac = ? AND kind = 5 ORDER BY id DESC LIMIT 1");
    find.bind(linac_);
    if (!find.step()) {
      return false;
    }
    id = find.integer(0);
    sum = decode_hole(find.blob(1));
  }
  const Hole more = decode_hole(entry.bytes);
  sum.frames += more.frames;
  sum.frames_with_patient += more.frames_with_patient;
  const ByteVector bytes = encode_hole(sum);
  Query update(database, "UPDATE event SET bytes = ? WHERE id = ?");
  update.bind(bytes, id);
  update.run();
  return true;
}

void EventLog::add_junk(Database& database, ZstdCodec& zstd, LedgerTally& ledger,
                        const IncomingEntry& entry, const Head& head) {
  const auto size = static_cast<std::int64_t>(entry.bytes.size());
  LedgerCounts& counts = ledger.at(head.empty() ? 0 : head.last.place.time);
  ++counts.junk_runs;
  counts.junk_bytes += size;
  if (entry.bytes.empty()) {
    return;  // there is nothing to keep
  }
  if (junk_.runs() == 0 && !may_take(tally(database), kRowBytes)) {
    drop_junk(database, counts, 1, size);
    return;
  }
  junk_.add({entry.run, entry.seq, entry.received_us, entry.bytes});
  junk_received_us_ = entry.received_us;
  junk_epoch_.reset();
  junk_time_.reset();
  if (!head.empty()) {
    junk_epoch_ = head.last.place.epoch;
    junk_time_ = head.last.place.time;
  }
  if (junk_.raw_bytes() >= kPackBytes || junk_.runs() >= kPackRuns) {
    write_junk(database, zstd, ledger);
  }
}

bool EventLog::may_take(const Tally& tally, std::int64_t bytes) const {
  if (tally.day_junk_bytes + bytes <= static_cast<std::int64_t>(limits_.junk_bytes_per_day)) {
    return true;
  }
  const auto room =
      static_cast<double>(limits_.free_bytes()) + static_cast<double>(tally.junk_bytes);
  return static_cast<double>(tally.junk_bytes + bytes) <=
         room * static_cast<double>(limits_.junk_share_percent) / 100;
}

void EventLog::write_junk(Database& database, ZstdCodec& zstd, LedgerTally& ledger) {
  const std::int64_t runs = junk_.runs();
  const auto raw_bytes = static_cast<std::int64_t>(junk_.raw_bytes());
  const ByteVector packed = junk_.finish();
  const Bytes data = zstd.compress(packed);
  const std::int64_t cost = static_cast<std::int64_t>(data.size()) + kRowBytes;
  Tally& today = tally(database);
  if (!may_take(today, cost)) {
    drop_junk(database, ledger.at(junk_time_.value_or(0)), runs, raw_bytes);
    return;
  }
  Query query(database,
              "INSERT INTO event (linac, kind, run, seq, received_us, epoch, time, bytes) "
              "VALUES (?, 2, 0, ?, ?, ?, ?, ?)");
  query.bind(linac_, runs, junk_received_us_, junk_epoch_, junk_time_, data);
  query.run();
  today.junk_bytes += cost;
  today.day_junk_bytes += cost;
  tally_changed_ = true;
}

void EventLog::drop_junk(Database& database, LedgerCounts& counts, std::int64_t runs,
                         std::int64_t bytes) {
  counts.junk_dropped_runs += runs;
  counts.junk_dropped_bytes += bytes;
  if (!complaints_.admit(std::chrono::steady_clock::now())) {
    return;
  }
  Query linac(database, "SELECT site, serial FROM linac WHERE id = ?");
  linac.bind(linac_);
  const bool known = linac.step();
  spdlog::warn(
      "{}: Linac {} sends so many bytes that are no frames (junk) that they are not kept any more: "
      "they have {} MiB of the store, {} of them from today. icom-gateway ledger counts what is "
      "dropped; look at what the Linac sends, or raise junk_share",
      known ? linac.text(0) : "?", known ? linac.text(1) : "?", tally(database).junk_bytes >> 20,
      tally(database).day_junk_bytes >> 20);
}

void EventLog::flush(Database& database, ZstdCodec& zstd, LedgerTally& ledger) {
  if (junk_.runs() > 0) {
    write_junk(database, zstd, ledger);
  }
  if (!tally_changed_) {
    return;
  }
  tally_changed_ = false;
  Query query(database,
              "UPDATE linac SET junk_bytes = ?, events_day = ?, day_junk_bytes = ?, day_rows = ? "
              "WHERE id = ?");
  query.bind(tally_->junk_bytes, tally_->day, tally_->day_junk_bytes, tally_->day_rows, linac_);
  query.run();
}

}  // namespace icom::store
