#include "gateway/ingest/intake.hpp"

#include <algorithm>
#include <utility>

namespace icom::ingest {

std::size_t bytes_held(const store::IncomingBatch& batch) {
  std::size_t bytes =
      batch.arena.capacity() + batch.entries.capacity() * sizeof(store::IncomingEntry);
  for (const store::IncomingEntry& entry : batch.entries) {
    bytes += entry.facts.interlocks.capacity() * sizeof(std::string_view);
  }
  return bytes;
}

bool Intake::has_room(const Share& share) const {
  const std::size_t most = std::max<std::size_t>(max_bytes_ / 2, 1);
  if (bytes_ < max_bytes_ && share.bytes < most) return true;
  return bytes_ < max_bytes_ + max_bytes_ / 4 && share.bytes < max_bytes_ / 16;
}

std::optional<Intake::Turn> Intake::begin(const std::string& site,
                                          const std::weak_ptr<IntakeClient>& client) {
  const std::lock_guard lock(mutex_);
  Share& share = shares_[site];
  if (share.decoding || !has_room(share)) {
    if (share.waiting.empty()) {
      share.since = ++waits_;
      waiting_.emplace(share.since, &share);
    }
    share.waiting.push_back(client);
    return std::nullopt;
  }
  share.decoding = true;
  return std::optional<Turn>(std::in_place, shared_from_this(), site);
}

void Intake::end(const std::string& site) {
  const std::lock_guard lock(mutex_);
  Share& share = shares_[site];
  share.decoding = false;
  if (!closed_ && has_room(share)) wake(share);
}

bool Intake::submit(const std::string& site, SortedBatch& batch,
                    const std::weak_ptr<IntakeClient>& client) {
  const BatchTicket ticket{batch.number, batch.run, batch.seq, bytes_held(batch.incoming)};
  {
    const std::lock_guard lock(mutex_);
    bytes_ += ticket.bytes;
    shares_[site].bytes += ticket.bytes;
  }
  // The sink may answer before submit() returns.
  batch.incoming.done = [self = shared_from_this(), site, client, ticket](bool stored) {
    self->answer(site, client, ticket, stored);
  };
  if (sink_.submit(std::move(batch.incoming))) return true;
  batch.incoming.done = nullptr;
  const std::lock_guard lock(mutex_);
  bytes_ -= ticket.bytes;
  shares_[site].bytes -= ticket.bytes;
  wake_where_there_is_room();  // who asked meanwhile was told of these bytes, too
  return false;
}

void Intake::answer(const std::string& site, const std::weak_ptr<IntakeClient>& client,
                    const BatchTicket& batch, bool stored) {
  const std::lock_guard lock(mutex_);
  bytes_ -= batch.bytes;
  shares_[site].bytes -= batch.bytes;
  if (closed_) return;
  if (const auto answered = client.lock()) answered->answered(batch, stored);
  wake_where_there_is_room();
}

/// All are woken once half of the room is there: each round costs a call for every waiting session.
/// Until then, of those that have little on its way, two for each batch that is done: one of them
/// may be gone.
void Intake::wake_where_there_is_room() {
  if (closed_) return;
  const bool is_half_empty = bytes_ <= max_bytes_ / 2;
  const std::size_t little = is_half_empty ? max_bytes_ / 4 : max_bytes_ / 32;
  int woken = 0;
  for (auto next = waiting_.begin(); next != waiting_.end() && (is_half_empty || woken < 2);) {
    Share& share = *(next++)->second;  // who is woken is taken out
    if (share.decoding || share.bytes > little || !has_room(share)) continue;
    wake(share);
    ++woken;
  }
}

void Intake::wake(Share& share) {
  waiting_.erase(share.since);
  for (const auto& waiting : std::exchange(share.waiting, {})) {
    if (const auto woken = waiting.lock()) woken->room();
  }
}

void Intake::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  waiting_.clear();
  for (auto& [site, share] : shares_) share.waiting.clear();
}

}  // namespace icom::ingest
