// Where ingest puts what it receives.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gateway/store/store.hpp"

namespace icom::ingest {

/// The part of the store that ingest needs; icom-gateway puts store::Store behind it. Thread-safe.
class EntrySink {
 public:
  virtual ~EntrySink() = default;
  /// As store::Store::stored_positions(): for each of `runs`, the last position that is stored
  /// durably. May wait for the disk. Throws store::StoreAway where nothing may be told.
  virtual std::vector<store::StoredPosition> stored_positions(
      store::LinacId linac, std::span<const std::uint64_t> runs) = 0;
  /// As store::Store::submit(): false if the queue is full, and then nothing was taken. Batches of
  /// one Linac are applied in the order in which they were submitted, and none that is behind a
  /// failed one of the same chain.
  virtual bool submit(store::IncomingBatch&& batch) = 0;
  /// False while nothing can be stored because the store is not in its place.
  [[nodiscard]] virtual bool is_in_place() { return true; }
};

}  // namespace icom::ingest
