#include "gateway/ingest/intake.hpp"

#include <utility>

namespace icom::ingest {

std::size_t bytes_held(const store::IncomingBatch& batch) {
  return batch.arena.capacity() + batch.entries.capacity() * sizeof(store::IncomingEntry);
}

bool Intake::has_room(const std::weak_ptr<IntakeClient>& client) {
  const std::lock_guard lock(mutex_);
  if (bytes_ < max_bytes_) return true;
  waiting_.push_back(client);
  return false;
}

bool Intake::submit(SortedBatch& batch, const std::weak_ptr<IntakeClient>& client) {
  const BatchTicket ticket{batch.number, batch.run, batch.seq, bytes_held(batch.incoming)};
  {
    const std::lock_guard lock(mutex_);
    bytes_ += ticket.bytes;
  }
  // The sink may answer before submit() returns.
  batch.incoming.done = [self = shared_from_this(), client, ticket](bool stored) {
    self->answer(client, ticket, stored);
  };
  if (sink_.submit(std::move(batch.incoming))) return true;
  batch.incoming.done = nullptr;
  const std::lock_guard lock(mutex_);
  bytes_ -= ticket.bytes;
  return false;
}

void Intake::answer(const std::weak_ptr<IntakeClient>& client, const BatchTicket& batch,
                    bool stored) {
  const std::lock_guard lock(mutex_);
  bytes_ -= batch.bytes;
  if (closed_) return;
  if (const auto answered = client.lock()) answered->answered(batch, stored);
  // All are woken, but not before half of the room is there: each round costs a call for every
  // waiting session.
  if (bytes_ > max_bytes_ / 2) return;
  for (const auto& waiting : std::exchange(waiting_, {})) {
    if (const auto woken = waiting.lock()) woken->room();
  }
}

void Intake::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  waiting_.clear();
}

}  // namespace icom::ingest
