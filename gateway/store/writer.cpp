#include "gateway/store/writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>
#include <utility>

#include "gateway/store/linac_name.hpp"
#include "gateway/store/schema.hpp"

namespace icom::store {

namespace {

using namespace std::chrono_literals;

// page_size only takes effect in a new file. Two dozen tables and indexes take a page each, so with
// pages of 4 kB a short stream is outweighed by what is empty; pages of 1 kB cost a tenth of the
// speed. A commit that has to move the WAL takes longer, so it may grow to 32,000 pages (32 MB) and
// is moved between commits before that: in quiet moments, and each ten seconds where there are
// none.
constexpr const char* kSettings =
    "PRAGMA page_size = 1024;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA wal_autocheckpoint = 32000;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -16384;";

// More in one transaction would not be faster, and the first batch would wait longer for its
// acknowledgement.
constexpr std::size_t kGroupBytes = std::size_t{16} << 20U;
// Frames that are not like those before them are compressed and written as they are: 10 ms a MiB,
// and more for the disk.
constexpr std::int64_t kGroupCoded = std::int64_t{2} << 20U;
constexpr std::int64_t kTurnCoded = std::int64_t{1} << 20U;
// Frames of late chunks that are coded again: a full chunk, or many small ones.
constexpr std::int64_t kGroupMerged = std::int64_t{2} << 20U;
// Who comes meanwhile, and costs little, joins the transaction at the next turn: it waits for what
// is left of these two, and for the disk.
constexpr auto kGroupTime = 50ms;
constexpr auto kTurnTime = 10ms;
// Where no moment is quiet: pieces of records to be built, each some 60 ms on a slow machine, take
// a tenth of the time at most; and the WAL grows by less than a MB a second.
constexpr int kSettleShare = 10;
constexpr auto kCheckpointEach = 10s;
// A commit waits for the move of no more than this.
constexpr std::int64_t kCheckpointCoded = std::int64_t{8} << 20U;
constexpr auto kTimeAtTheEnd = 500ms;
constexpr auto kSlowCommit = 250ms;

void call_done(const IncomingBatch& batch, bool stored) {
  if (batch.done) {
    batch.done(stored);
  }
}

// A batch before it, of which it is the continuation, was not stored.
bool is_broken(const IncomingBatch& batch) {
  return batch.chain && batch.chain->broken;
}

}  // namespace

Writer::Writer(const std::filesystem::path& database, BatchQueue& queue, StoreObserver* observer,
               Positions positions, Clock clock, EventLimits limits, RebuildPace rebuild)
    : database_(database, Database::Access::read_write),
      queue_(queue),
      observer_(observer),
      positions_(std::move(positions)),
      clock_(std::move(clock)),
      rebuild_(rebuild),
      limits_(std::move(limits)),
      warnings_(10, 60s),
      slow_commits_(1, 60s) {
  database_.execute(kSettings);
  upgrade_schema(database_);
  checkpointed_at_ = clock_();
  Query unsettled(database_, "SELECT id FROM linac WHERE late_ranges IS NOT NULL");
  while (unsettled.step()) {
    unsettled_.insert(unsettled.integer(0));
  }
}

void Writer::commit() {
  in_transaction_.clear();
  bytes_ = 0;
  coded_ = 0;
  may_build_ = rebuild_.most_per_commit();
  spent_.clear();
  const auto begin = clock_();
  if (!try_commit([this] { take_turns(); })) {
    retry_each();
  }
  for (QueuedBatch* queued : in_transaction_) {
    queued->in_transaction = false;
  }
  in_transaction_.clear();
  finished_.clear();
  coded_since_checkpoint_ += coded_;
  say_if_slow(clock_() - begin);
}

void Writer::charge(LinacId linac, std::chrono::steady_clock::duration time) {
  spent_[linac] += time;
  queue_.charge(linac, time);
}

/// What all the others waited for.
void Writer::say_if_slow(std::chrono::steady_clock::duration took) noexcept {
  try {
    if (took < kSlowCommit) {
      return;
    }
    const auto unsaid = slow_commits_.admit(clock_());
    if (!unsaid) {
      return;
    }
    const auto ms = [](auto time) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    };
    auto rest = took;
    std::pair<LinacId, std::chrono::steady_clock::duration> most;
    for (const auto& spent : spent_) {
      rest -= spent.second;
      if (spent.second > most.second) {
        most = spent;
      }
    }
    spdlog::warn(
        "a commit of the store took {} ms, for which every Linac waited: {} ms of it for {}, which "
        "cost most, {} ms for the disk ({} like this not logged)",
        ms(took), ms(most.second), linac_name(database_, most.first), ms(rest), *unsaid);
  } catch (...) {
    // A log that cannot be written must not end the writer.
  }
}

/// Each part that was in the failed transaction, on its own.
void Writer::retry_each() {
  const std::set<LinacId> unsettled = std::exchange(unsettled_, {});  // may be what failed
  const std::vector<QueuedBatch*> parts = in_transaction_;
  if (QueuedBatch* next = parts.empty() ? queue_.next() : nullptr) {
    fail(*next);  // the transaction did not even begin
  }
  std::set<LinacId> failed;
  for (QueuedBatch* part : parts) {
    const LinacId linac = part->batch.linac;
    const std::size_t end = std::exchange(part->applied, part->stored);
    // What comes after a failed batch must not be stored before it is: its position would cover
    // both.
    const bool hopeless = parts.size() == 1 || is_broken(part->batch) || failed.contains(linac);
    in_transaction_ = {part};
    if (hopeless || !try_commit([&] { take_entries(*part, log_of_touched(linac), end); })) {
      failed.insert(linac);
      fail(*part);
    }
  }
  in_transaction_ = parts;
  unsettled_.insert(unsettled.begin(), unsettled.end());
}

/// Nothing more of it will be stored.
void Writer::fail(QueuedBatch& queued) {
  if (queued.batch.chain) {
    queued.batch.chain->broken = true;
  }
  const bool is_finished = std::ranges::any_of(
      finished_, [&](const auto& finished) { return finished.get() == &queued; });
  if (!is_finished) {
    finished_.push_back(queue_.pop(queued.batch.linac));
  }
  answer(queued, false);
}

void Writer::answer(QueuedBatch& queued, bool stored) {
  queue_.release(queued);
  call_done(queued.batch, stored);
}

bool Writer::try_commit(const std::function<void()>& apply_all) {
  touched_.clear();
  new_frames_.clear();
  changed_records_.clear();
  try {
    Transaction transaction(database_, Transaction::Kind::write);
    apply_all();
    flush();
    transaction.commit();
  } catch (const std::exception& error) {
    for (const LinacId linac : touched_) {
      logs_.erase(linac);
    }
    warn("the store could not commit", error.what());
    return false;
  }
  checkpoint_due_ = true;
  publish();
  return true;
}

void Writer::publish() noexcept {
  try {
    for (const LinacId linac : touched_) {
      positions_(linac, log_of(linac).take_new_positions());
    }
    for (QueuedBatch* queued : in_transaction_) {
      queued->stored = queued->applied;
      if (queued->all_stored()) {
        answer(*queued, true);
      }
    }
    if (observer_ != nullptr) {
      tell_observer();
    }
  } catch (const std::exception& error) {
    warn("after a commit", error.what());  // what is stored stays stored
  }
}

void Writer::take_turns() {
  const auto begin = clock_();
  bool stay = false;
  while (bytes_ < kGroupBytes && coded_ < kGroupCoded && clock_() - begin < kGroupTime) {
    QueuedBatch* queued = queue_.next(stay);
    if (queued == nullptr) {
      return;
    }
    if (is_broken(queued->batch)) {
      fail(*queued);
      continue;
    }
    stay = take_turn(queued->batch.linac);
  }
}

/// Of the Linac whose turn it is, what waits: each Linac in a transaction costs it something,
/// however few its entries are. False if that was more than a turn may take.
bool Writer::take_turn(LinacId linac) {
  const auto begin = clock_();
  auto now = begin;
  LinacLog& log = log_of_touched(linac);
  const std::int64_t coded_before = coded_;
  const auto may_go_on = [&] {
    return now - begin < kTurnTime && bytes_ < kGroupBytes && coded_ - coded_before < kTurnCoded;
  };
  do {
    QueuedBatch& queued = *queue_.first_of(linac);
    if (is_broken(queued.batch)) break;
    if (!std::exchange(queued.in_transaction, true)) {
      in_transaction_.push_back(&queued);
    }
    while (!queued.all_applied() && may_go_on()) {
      take_entries(queued, log, queued.applied + 1);
      now = clock_();
    }
    if (!queued.all_applied()) break;
    finished_.push_back(queue_.pop(linac));
  } while (may_go_on() && queue_.first_of(linac) != nullptr);
  charge(linac, now - begin);
  return may_go_on();
}

/// Up to this one. If one cannot be taken, it counts as applied: it belongs to the part that
/// failed.
void Writer::take_entries(QueuedBatch& queued, LinacLog& log, std::size_t end) {
  while (queued.applied < end) {
    const IncomingEntry& entry = queued.batch.entries[queued.applied++];
    bytes_ += entry.bytes.size() + sizeof(IncomingEntry);
    const std::int64_t coded_before = log.coded();
    if (const auto identity = log.take(entry)) {
      new_frames_.push_back({queued.batch.linac, &entry, *identity});
    }
    coded_ += log.coded() - coded_before;
  }
}

/// Whatever is thrown from here on makes the log worthless.
LinacLog& Writer::log_of_touched(LinacId linac) {
  if (std::ranges::find(touched_, linac) == touched_.end()) {
    touched_.push_back(linac);
  }
  return log_of(linac);
}

/// A transaction builds so much again, of all Linacs together; the first is each time another.
void Writer::flush() {
  std::set<LinacId> all(unsettled_);
  all.insert(touched_.begin(), touched_.end());
  std::vector<LinacId> order(all.begin(), all.end());
  std::ranges::rotate(order, std::ranges::upper_bound(order, built_last_));
  CommitBudget left{.frames_to_build = may_build_, .bytes_to_merge = kGroupMerged};
  auto begin = clock_();
  const auto enough = begin + rebuild_.longest;
  for (const LinacId linac : order) {
    const bool is_touched = std::ranges::find(touched_, linac) != touched_.end();
    // One that is not loaded is loaded by settle(): that is its site's work.
    if (!is_touched && (left.frames_to_build <= 0 || !logs_.contains(linac))) {
      continue;
    }
    LinacLog& log = log_of_touched(linac);
    const std::int64_t before = left.frames_to_build;
    log.flush(changed_records_, left);
    if (left.frames_to_build < before) {
      built_last_ = linac;
    }
    if (log.is_unsettled()) {
      unsettled_.insert(linac);
    } else {
      unsettled_.erase(linac);
    }
    const auto end = clock_();
    if (end >= enough) {
      left.frames_to_build = 0;  // the others have their turns in later commits
    }
    charge(linac, end - begin);
    begin = end;
  }
}

LinacLog& Writer::log_of(LinacId linac) {
  std::unique_ptr<LinacLog>& log = logs_[linac];
  if (!log) {
    log = std::make_unique<LinacLog>(database_, zstd_, linac, limits_, rebuild_, clock_);
  }
  return *log;
}

void Writer::tell_observer() {
  for (const NewFrame& frame : new_frames_) {
    observer_->frame_stored(frame.linac, frame.identity, frame.entry->bytes);
  }
  for (const std::int64_t record : changed_records_) {
    observer_->record_changed(record);
  }
}

LinacId Writer::register_linac(const std::string& site, const std::string& serial) {
  Transaction transaction(database_, Transaction::Kind::write);
  {
    Query insert(database_,
                 "INSERT INTO linac (site, serial) VALUES (?, ?) ON CONFLICT DO NOTHING");
    insert.bind(site, serial);
    insert.run();
  }
  LinacId id = 0;
  {
    Query find(database_, "SELECT id FROM linac WHERE site = ? AND serial = ?");
    find.bind(site, serial);
    find.step();
    id = find.integer(0);
  }
  transaction.commit();
  return id;
}

/// One piece per transaction: batches that came meanwhile wait for no more.
bool Writer::settle() {
  if (unsettled_.empty()) {
    return false;
  }
  const auto next = unsettled_.upper_bound(built_last_);
  const LinacId linac = next == unsettled_.end() ? *unsettled_.begin() : *next;
  built_last_ = linac;
  in_transaction_.clear();
  may_build_ = 0;
  const auto begin = clock_();
  const bool stored = try_commit([&] { log_of_touched(linac).settle(changed_records_); });
  settled_at_ = clock_();
  settle_took_ = settled_at_ - begin;
  charge(linac, settle_took_);
  return stored && !unsettled_.empty();
}

bool Writer::idle() {
  const bool more_to_build = settle();
  if (!more_to_build) {
    checkpoint();
  }
  return more_to_build;
}

void Writer::finish() {
  const auto end = clock_() + kTimeAtTheEnd;
  while (settle() && clock_() < end) {
  }
  checkpoint();
}

void Writer::keep_up() {
  const auto now = clock_();
  if (now - settled_at_ >= (kSettleShare - 1) * settle_took_) {
    settle();
  }
  if (now - checkpointed_at_ >= kCheckpointEach || coded_since_checkpoint_ >= kCheckpointCoded) {
    checkpoint();
  }
}

void Writer::checkpoint() noexcept {
  try {
    checkpointed_at_ = clock_();
    coded_since_checkpoint_ = 0;
    if (std::exchange(checkpoint_due_, false)) {
      database_.checkpoint();
    }
  } catch (const std::exception& error) {
    warn("the store could not move its log into the database", error.what());
  }
}

void Writer::warn(const char* doing, const char* what) noexcept {
  try {
    if (const auto unsaid = warnings_.admit(std::chrono::steady_clock::now())) {
      spdlog::error("{}: {} ({} like this not logged)", doing, what, *unsaid);
    }
  } catch (...) {
    // A log that cannot be written must not end the writer.
  }
}

}  // namespace icom::store
