// A store in memory that answers when the test wants it to.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gateway/ingest/entry_sink.hpp"

namespace icom::ingest {

/// Thread-safe.
class FakeSink final : public EntrySink {
 public:
  struct Kept {
    store::LinacId linac;
    EntryKind kind;
    std::uint64_t run;
    std::uint64_t seq;
    std::string bytes;
    friend bool operator==(const Kept&, const Kept&) = default;
  };

  ~FakeSink() override { answer_all(false); }

  std::vector<store::StoredPosition> stored_positions(
      store::LinacId linac, std::span<const std::uint64_t> runs) override {
    std::unique_lock lock(mutex_);
    ++look_ups_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !looking_up_waits_; });
    std::vector<store::StoredPosition> stored;
    for (const std::uint64_t run : runs) stored.push_back(positions_[{linac, run}]);
    return stored;
  }
  bool submit(store::IncomingBatch&& batch) override {
    {
      const std::lock_guard lock(mutex_);
      ++submits_;
      changed_.notify_all();
      if (full_) return false;
      held_.push_back(std::move(batch));
      if (!answers_at_once_) return true;
    }
    answer(true);
    return true;
  }

  void answers_at_once() {
    const std::lock_guard lock(mutex_);
    answers_at_once_ = true;
  }
  void set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
  }
  void set_stored(store::LinacId linac, std::uint64_t run, std::uint64_t seq,
                  std::uint64_t fingerprint = 0) {
    const std::lock_guard lock(mutex_);
    positions_[{linac, run}] = {seq, fingerprint};
  }

  /// From now on whoever asks for positions waits until this is set back.
  void let_look_ups_wait(bool wait) {
    const std::lock_guard lock(mutex_);
    looking_up_waits_ = wait;
    changed_.notify_all();
  }
  /// Waits until stored_positions() was called `count` times. False after five seconds.
  bool wait_for_look_ups(std::size_t count) {
    return wait([&] { return look_ups_ >= count; });
  }
  std::size_t look_ups() const {
    const std::lock_guard lock(mutex_);
    return look_ups_;
  }

  /// Answers the oldest batch that is held; false if there is none.
  bool answer(bool stored) {
    store::IncomingBatch batch;
    {
      const std::lock_guard lock(mutex_);
      if (held_.empty()) return false;
      batch = std::move(held_.front());
      held_.pop_front();
      if (batch.chain) {
        stored = stored && !batch.chain->broken;
        batch.chain->broken = !stored;
      }
      if (stored) keep(batch);
    }
    batch.done(stored);
    return true;
  }
  void answer_all(bool stored) {
    while (answer(stored)) {
    }
  }

  /// Waits until `count` batches are held. False after five seconds.
  bool wait_for_held(std::size_t count) {
    return wait([&] { return held_.size() >= count; });
  }
  /// Waits until submit() was called `count` times, whatever the answer. False after five seconds.
  bool wait_for_submits(std::size_t count) {
    return wait([&] { return submits_ >= count; });
  }
  bool wait_for_kept(std::size_t count) {
    return wait([&] { return kept_.size() >= count; });
  }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::vector<Kept> kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
  }

 private:
  template <typename Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), condition);
  }
  void keep(const store::IncomingBatch& batch) {
    for (const store::IncomingEntry& entry : batch.entries) {
      kept_.push_back(
          {batch.linac, entry.kind, entry.run, entry.seq, std::string(as_text(entry.bytes))});
      positions_[{batch.linac, entry.run}] = {entry.seq, 0};
    }
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool answers_at_once_ = false;
  bool full_ = false;
  std::size_t submits_ = 0;
  std::size_t look_ups_ = 0;
  bool looking_up_waits_ = false;
  std::deque<store::IncomingBatch> held_;
  std::vector<Kept> kept_;
  std::map<std::pair<store::LinacId, std::uint64_t>, store::StoredPosition> positions_;
};

}  // namespace icom::ingest
