#include "gateway/store/writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>

#include "gateway/store/schema.hpp"

namespace icom::store {

namespace {

using namespace std::chrono_literals;

// page_size only takes effect in a new file. Two dozen tables and indexes take a page each, so with
// pages of 4 kB a short stream is outweighed by what is empty; pages of 1 kB cost a tenth of the
// speed. A commit that has to move the WAL takes longer, so it may grow to 32,000 pages (32 MB) and
// is moved in quiet moments before that.
constexpr const char* kSettings =
    "PRAGMA page_size = 1024;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA wal_autocheckpoint = 32000;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -16384;";

void call_done(const IncomingBatch& batch, bool stored) {
  if (batch.done) {
    batch.done(stored);
  }
}

// A batch in front of it, of which it is the continuation, was not stored.
bool is_broken(const IncomingBatch& batch) {
  return batch.chain && batch.chain->broken;
}

}  // namespace

Writer::Writer(const std::filesystem::path& database, StoreObserver* observer, Positions positions)
    : database_(database, Database::Access::read_write),
      observer_(observer),
      positions_(std::move(positions)),
      warnings_(10, 60s) {
  database_.execute(kSettings);
  upgrade_schema(database_);
}

void Writer::commit(std::vector<IncomingBatch>& batches) {
  std::erase_if(batches, [this](const IncomingBatch& batch) {
    if (!is_broken(batch)) {
      return false;
    }
    fail(batch);
    return true;
  });
  if (batches.empty() || try_commit(batches)) {
    return;
  }
  std::set<LinacId> failed;
  for (IncomingBatch& batch : batches) {
    // What is behind a failed batch must not be stored before it is: its position would cover both.
    const bool alone = batches.size() == 1;
    if (alone || is_broken(batch) || failed.contains(batch.linac) || !try_commit({&batch, 1})) {
      failed.insert(batch.linac);
      fail(batch);
    }
  }
}

void Writer::fail(const IncomingBatch& batch) {
  if (batch.chain) {
    batch.chain->broken = true;
  }
  call_done(batch, false);
}

bool Writer::try_commit(std::span<IncomingBatch> batches) {
  touched_.clear();
  new_frames_.clear();
  changed_records_.clear();
  try {
    Transaction transaction(database_, Transaction::Kind::write);
    apply(batches);
    transaction.commit();
  } catch (const std::exception& error) {
    for (const LinacId linac : touched_) {
      logs_.erase(linac);
    }
    warn("the store could not commit", error.what());
    return false;
  }
  checkpoint_due_ = true;
  publish(batches);
  return true;
}

void Writer::publish(std::span<IncomingBatch> batches) noexcept {
  try {
    for (const LinacId linac : touched_) {
      positions_(linac, log_of(linac).take_new_positions());
    }
    for (const IncomingBatch& batch : batches) {
      call_done(batch, true);
    }
    if (observer_ != nullptr) {
      tell_observer();
    }
  } catch (const std::exception& error) {
    warn("after a commit", error.what());  // what is stored stays stored
  }
}

void Writer::apply(std::span<IncomingBatch> batches) {
  for (const IncomingBatch& batch : batches) {
    // Before the log is used: whatever is thrown from here on makes it worthless.
    if (std::find(touched_.begin(), touched_.end(), batch.linac) == touched_.end()) {
      touched_.push_back(batch.linac);
    }
    LinacLog& log = log_of(batch.linac);
    for (const IncomingEntry& entry : batch.entries) {
      if (log.take(entry)) {
        new_frames_.push_back({batch.linac, &entry});
      }
    }
  }
  for (const LinacId linac : touched_) {
    log_of(linac).flush(changed_records_);
  }
}

LinacLog& Writer::log_of(LinacId linac) {
  std::unique_ptr<LinacLog>& log = logs_[linac];
  if (!log) {
    log = std::make_unique<LinacLog>(database_, zstd_, linac);
  }
  return *log;
}

void Writer::tell_observer() {
  for (const NewFrame& frame : new_frames_) {
    observer_->frame_stored(frame.linac, frame.entry->identity, frame.entry->bytes);
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

void Writer::idle() {
  if (!checkpoint_due_) {
    return;
  }
  checkpoint_due_ = false;
  try {
    database_.checkpoint();
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
