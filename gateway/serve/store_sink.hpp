// Puts the store behind ingest.
#pragma once

#include <cstdint>
#include <utility>

#include "gateway/ingest/entry_sink.hpp"
#include "gateway/store/store.hpp"

namespace icom::serve {

/// The store outlives it. Thread-safe, as the store is.
class StoreSink final : public ingest::EntrySink {
 public:
  explicit StoreSink(store::Store& store) : store_(store) {}
  store::StoredPosition stored_position(store::LinacId linac, std::uint64_t run) override {
    return store_.stored_position(linac, run);
  }
  bool submit(store::IncomingBatch&& batch) override { return store_.submit(std::move(batch)); }

 private:
  store::Store& store_;
};

}  // namespace icom::serve
