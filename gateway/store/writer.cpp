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
// speed.
constexpr const char* kSettings =
    "PRAGMA page_size = 1024;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
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
// is left of these, and for the disk.
constexpr auto kGroupTime = 50ms;
// The same once a Linac has used up a turn of its own, and other sites wait for the commit.
constexpr auto kSharedGroupTime = 25ms;
// An entry of this size may cost as much as a turn, and cannot be cut: nobody else's that came
// before it waits for it in its transaction.
constexpr std::size_t kLargeEntry = std::size_t{256} << 10U;
constexpr int kMostWalPages = 32'000;
// Where no moment is quiet: pieces of records to be built, each some 60 ms on a slow machine, take
// a tenth of the time at most.
constexpr int kSettleShare = 10;
// The WAL is moved once it has this many pages, or after this time. What is moved together is
// written once, however often a page is in it; but readers look through it.
// A commit that leaves the most moves the WAL itself, whoever waits: somebody read all the time.
constexpr int kMovedPages = 8'000;
constexpr auto kMoveEach = 10s;
constexpr auto kTimeAtTheEnd = 500ms;
constexpr auto kSlowCommit = 250ms;

void call_done(const IncomingBatch& batch, bool stored) {
  if (batch.done) {
    batch.done(stored);
  }
}

// What is next of it.
bool begins_large(const QueuedBatch& queued) {
  return !queued.all_applied() && queued.batch.entries[queued.applied].bytes.size() >= kLargeEntry;
}

// A batch before it, of which it is the continuation, was not stored.
bool is_broken(const IncomingBatch& batch) {
  return batch.chain && batch.chain->broken;
}

}  // namespace

Writer::Writer(const std::filesystem::path& database, BatchQueue& queue, StoreObserver* observer,
               Clock clock, EventLimits limits, RebuildPace rebuild)
    : database_(database, Database::Access::read_write),
      queue_(queue),
      observer_(observer),
      clock_(std::move(clock)),
      rebuild_(rebuild),
      limits_(std::move(limits)),
      warnings_(10, 60s),
      slow_commits_(1, 60s),
      place_lines_(std::chrono::minutes(1)),
      mover_(database) {
  database_.execute(kSettings);
  database_.move_wal_at(kMostWalPages);
  upgrade_schema(database_);
  checkpointed_at_ = clock_();
  Query unsettled(database_, "SELECT id FROM linac WHERE late_ranges IS NOT NULL");
  while (unsettled.step()) {
    unsettled_.insert(unsettled.integer(0));
  }
  place_.emplace(database);
}

/// Looked at before anything is stored, and again before it is acknowledged: what was committed
/// into files that are somewhere else by then is not.
bool Writer::is_in_place() noexcept {
  try {
    const PlaceFinding finding = place_->look();
    const bool in_place = finding.state == PlaceState::in_place;
    if (in_place && was_in_place_) return true;
    say_place(finding);
    was_in_place_ = in_place;
    is_whole_ = is_whole_ && !in_place;
    may_end_ = is_whole_ && is_for_next_start(finding.state);
    return in_place;
  } catch (const std::exception& error) {
    warn("the store's place cannot be looked at", error.what());
    return was_in_place_ = false;
  }
}

void Writer::say_place(const PlaceFinding& finding) {
  if (finding.state == PlaceState::in_place) {
    place_lines_.forget();
    spdlog::warn("{} again: it goes on", place_->text(finding));
    return;
  }
  const std::string text = place_->text(finding);
  if (place_lines_.admit(text, log::RateLimit::Clock::now())) spdlog::error("{}", text);
}

/// Whoever copies or opens the database file then needs no WAL, and one that lies under a name of
/// another database holds nothing that could be taken for that one's. Where all may come back as it
/// was nothing is touched.
void Writer::make_whole() noexcept {
  try {
    const PlaceFinding finding = place_->look();
    const bool may_come_back = finding.state == PlaceState::in_place ||
                               finding.state == PlaceState::away ||
                               finding.state == PlaceState::unknown;
    if (may_come_back || is_whole_) return;
    mover_.wait();
    is_whole_ = database_.empty_wal();
    may_end_ = is_whole_ && is_for_next_start(finding.state);
  } catch (const std::exception& error) {
    warn("the store could not move its log into the database", error.what());
  }
}

/// Somebody else's snapshot held it up: whoever opens the other database next must not find it.
void Writer::set_wal_aside() noexcept {
  try {
    const std::filesystem::path aside = place_->set_wal_aside();
    if (aside.empty()) return;
    spdlog::error(
        "what was not in the database yet that was here before is in {} now, so that it is not "
        "taken for the other one's: put it beside that database, under its name with -wal behind "
        "it, before that is opened",
        aside.string());
  } catch (const std::exception& error) {
    warn("what was not in the database yet could not be put aside", error.what());
  }
}

std::string Writer::why_to_end() const {
  if (!may_end_) return {};
  const PlaceFinding finding = place_->look();
  return is_for_next_start(finding.state) ? place_->text(finding) : std::string();
}

void Writer::commit() {
  if (!is_in_place()) {
    give_up();
    return;
  }
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
  say_if_slow(clock_() - begin);
}

void Writer::give_up() {
  while (QueuedBatch* next = queue_.next()) {
    fail(*next);
  }
  finished_.clear();
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
  // The commit also builds records again, of Linacs that have no part in it: may be what failed.
  const std::set<LinacId> unsettled = std::exchange(unsettled_, {});
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
    const bool was_alone = parts.size() == 1 && unsettled.empty();
    const bool hopeless = was_alone || is_broken(part->batch) || failed.contains(linac);
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
  publish(is_in_place());
  return true;
}

void Writer::publish(bool is_in_place) noexcept {
  try {
    for (QueuedBatch* queued : in_transaction_) {
      queued->stored = queued->applied;
      if (!is_in_place) {
        fail(*queued);
      } else if (queued->all_stored()) {
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

/// A site goes on with its next Linac only while they stay within their turns: what one of them
/// takes beyond its own is taken from the site's.
void Writer::take_turns() {
  const auto begin = clock_();
  auto prefer = FairTurns::Prefer::least_used;
  auto longest = kGroupTime;
  bool used_up = false;
  bool shared = false;
  while (bytes_ < kGroupBytes && coded_ < kGroupCoded && clock_() - begin < longest) {
    QueuedBatch* queued = queue_.next(prefer);
    if (queued == nullptr) {
      return;
    }
    if (is_broken(queued->batch)) {
      fail(*queued);
      continue;
    }
    if (!in_transaction_.empty() && begins_large(*queued)) {
      return;  // its turn begins the next transaction
    }
    const bool within = take_turn(*queued);
    prefer = within ? FairTurns::Prefer::same_site : FairTurns::Prefer::least_used;
    used_up = used_up || !within;
    shared = shared || in_transaction_.front()->site != in_transaction_.back()->site;
    if (used_up && shared) {
      longest = kSharedGroupTime;
    }
  }
}

/// Of the Linac whose turn it is, what waits: each Linac in a transaction costs it something,
/// however few its entries are. False if that was more than a turn may take.
bool Writer::take_turn(QueuedBatch& first) {
  const LinacId linac = first.batch.linac;
  const auto begin = clock_();
  auto now = begin;
  const std::int64_t coded_before = coded_;
  const auto may_go_on = [&] {
    return now - begin < FairTurns::kLinacTurn && bytes_ < kGroupBytes &&
           coded_ - coded_before < kTurnCoded;
  };
  QueuedBatch* queued = &first;
  do {
    if (is_broken(queued->batch)) break;
    if (!std::exchange(queued->in_transaction, true)) {
      in_transaction_.push_back(queued);
    }
    // Only now: if the Linac cannot be loaded, it is this part that fails.
    LinacLog& log = log_of_touched(linac);
    while (!queued->all_applied() && may_go_on()) {
      take_entries(*queued, log, queued->applied + 1);
      now = clock_();
    }
    if (!queued->all_applied()) break;
    finished_.push_back(queue_.pop(linac));
    queued = queue_.first_of(linac);
  } while (queued != nullptr && may_go_on());
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
    const auto zone = zones_.find(linac_site(database_, linac));
    if (zone != zones_.end()) {
      log->set_zone(zone->second);
    }
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
  // What is written to a WAL that lies beside another database by now would become that one's.
  if (!is_in_place()) throw StoreAway();
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

void Writer::set_timezone(const std::string& site, const std::string& zone) noexcept {
  try {
    zones_[site] = zone;
    for (const auto& [linac, log] : logs_) {
      if (log && linac_site(database_, linac) == site) {
        log->set_zone(zone);
      }
    }
  } catch (const std::exception& error) {
    logs_.clear();  // each is read again, and has it then
    warn("the store could not take a time zone", error.what());
  }
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
  if (!is_in_place()) {
    make_whole();
    return false;
  }
  const bool more_to_build = settle();
  if (!more_to_build) {
    checkpoint();
  }
  return more_to_build;
}

void Writer::finish() {
  if (!is_in_place()) {
    make_whole();
    if (!is_whole_) set_wal_aside();
    database_.keep_files_at_end();
    return;
  }
  const auto end = clock_() + kTimeAtTheEnd;
  while (settle() && clock_() < end) {
  }
  mover_.wait();
  checkpoint();
}

void Writer::keep_up() {
  if (!was_in_place_) return;
  const auto now = clock_();
  if (now - settled_at_ >= (kSettleShare - 1) * settle_took_) {
    settle();
  }
  if (mover_.has_moved()) {
    // What came meanwhile, so that the WAL begins anew: the mover alone never catches up.
    checkpoint();
  } else if (now - checkpointed_at_ >= kMoveEach || database_.wal_pages() >= kMovedPages) {
    checkpointed_at_ = now;
    mover_.ask();
  }
}

void Writer::checkpoint() noexcept {
  try {
    checkpointed_at_ = clock_();
    if (checkpoint_due_) {
      checkpoint_due_ = !database_.checkpoint();
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
