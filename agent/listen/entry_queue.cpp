#include "agent/listen/entry_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace icom::listen {

namespace {

std::size_t cost_of(const QueuedEntry& entry) {
  return EntryQueue::kEntryCost + entry.bytes.size();
}

bool is_hole(const QueuedEntry& entry) {
  return entry.kind == EntryKind::hole;
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
  QueueCounts counts = counts_;
  counts.entries = entries_.size();
  return counts;
}

void EntryQueue::make_room(std::size_t incoming) {
  const auto is_full = [&] { return counts_.bytes + incoming > max_bytes_; };
  for (auto entry = entries_.begin(); entry != entries_.end() && is_full();) {
    entry = may_go_first(*entry) ? drop(entry) : std::next(entry);
  }
  for (auto entry = entries_.begin(); entry != entries_.end() && is_full();) {
    entry = is_hole(*entry) ? std::next(entry) : drop(entry);
  }
}

/// Leaves a hole in its place, one for all that stood beside each other. The entry behind it.
EntryQueue::Entries::iterator EntryQueue::drop(Entries::iterator entry) {
  Hole hole{.frames = 0, .frames_with_patient = 0, .reason = "queue_full"};
  if (entry->kind == EntryKind::frame) {
    hole.frames = 1;
    hole.frames_with_patient = entry->has_patient ? 1 : 0;
    counts_.dropped_frames += hole.frames;
    counts_.dropped_frames_with_patient += hole.frames_with_patient;
  } else if (entry->kind == EntryKind::junk) {
    counts_.dropped_junk_bytes += entry->bytes.size();
  }
  const auto join = [&](Entries::iterator other) {
    const Hole told = decode_hole(other->bytes);
    hole.frames += told.frames;
    hole.frames_with_patient += told.frames_with_patient;
    counts_.bytes -= cost_of(*other);
    return entries_.erase(other);
  };
  const auto received_us = entry->received_us;
  counts_.bytes -= cost_of(*entry);
  entry = entries_.erase(entry);
  if (entry != entries_.end() && is_hole(*entry)) entry = join(entry);
  if (entry != entries_.begin() && is_hole(*std::prev(entry))) entry = join(std::prev(entry));
  entry = entries_.insert(entry, {.kind = EntryKind::hole,
                                  .received_us = received_us,
                                  .has_patient = false,
                                  .bytes = encode_hole(hole)});
  counts_.bytes += cost_of(*entry);
  return std::next(entry);
}

}  // namespace icom::listen
