#include "agent/listen/entry_queue.hpp"

#include <algorithm>
#include <utility>

namespace icom::listen {

namespace {

std::size_t cost_of(const QueuedEntry& entry) {
  return EntryQueue::kEntryCost + entry.bytes.size();
}

/// Connects and disconnects are worth more than they cost.
bool may_go_first(const QueuedEntry& entry) {
  return !entry.has_patient && (entry.kind == EntryKind::frame || entry.kind == EntryKind::junk);
}

}  // namespace

void EntryQueue::push(QueuedEntry entry) {
  {
    const std::lock_guard lock(mutex_);
    make_room(cost_of(entry));
    counts_.bytes += cost_of(entry);
    counts_.peak_bytes = std::max(counts_.peak_bytes, counts_.bytes);
    entries_.push_back(std::move(entry));
  }
  changed_.notify_all();
}

void EntryQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

EntryQueue::Taken EntryQueue::take(std::vector<QueuedEntry>& to, std::size_t most_bytes,
                                   std::chrono::milliseconds limit) {
  to.clear();
  std::unique_lock lock(mutex_);
  const auto something = [this] { return closed_ || !entries_.empty(); };
  if (!changed_.wait_for(lock, limit, something)) return Taken::nothing_yet;
  if (entries_.empty()) return Taken::closed;
  if (untold_) {
    to.push_back({.kind = EntryKind::hole,
                  .received_us = entries_.front().received_us,
                  .has_patient = false,
                  .bytes = encode_hole(*untold_)});
    untold_.reset();
  }
  std::size_t taken = 0;
  do {
    taken += cost_of(entries_.front());
    to.push_back(std::move(entries_.front()));
    entries_.pop_front();
  } while (!entries_.empty() && taken + cost_of(entries_.front()) <= most_bytes);
  counts_.bytes -= taken;
  return Taken::entries;
}

bool EntryQueue::wait_closed(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [this] { return closed_; });
}

QueueCounts EntryQueue::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void EntryQueue::make_room(std::size_t incoming) {
  if (counts_.bytes + incoming <= max_bytes_) return;
  for (auto entry = entries_.begin();
       entry != entries_.end() && counts_.bytes + incoming > max_bytes_;) {
    if (may_go_first(*entry)) {
      count_dropped(*entry);
      entry = entries_.erase(entry);
    } else {
      ++entry;
    }
  }
  while (!entries_.empty() && counts_.bytes + incoming > max_bytes_) {
    count_dropped(entries_.front());
    entries_.pop_front();
  }
}

void EntryQueue::count_dropped(const QueuedEntry& entry) {
  counts_.bytes -= cost_of(entry);
  if (entry.kind != EntryKind::frame) return;
  if (!untold_) untold_ = Hole{.reason = "queue_full"};
  ++untold_->frames;
  ++counts_.dropped_frames;
  if (entry.has_patient) {
    ++untold_->frames_with_patient;
    ++counts_.dropped_frames_with_patient;
  }
}

}  // namespace icom::listen
