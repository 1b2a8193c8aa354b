// Puts the store behind ingest.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gateway/ingest/entry_sink.hpp"
#include "gateway/store/store.hpp"

namespace icom::serve {

/// The store outlives it. Thread-safe, as the store is.
class StoreSink final : public ingest::EntrySink {
 public:
  explicit StoreSink(store::Store& store) : store_(store) {}
  std::vector<store::StoredPosition> stored_positions(
      store::LinacId linac, std::span<const std::uint64_t> runs) override {
    return store_.stored_positions(linac, runs);
  }
  bool submit(store::IncomingBatch&& batch) override { return store_.submit(std::move(batch)); }
  bool is_in_place() override { return store_.is_in_place(); }

 private:
  store::Store& store_;
};

}  // namespace icom::serve
