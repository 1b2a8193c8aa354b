// Runs of junk, put together. docs/storage.md, "Junk".
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "common/icom/bytes.hpp"

namespace icom::store {

/// Bytes of a Linac's stream that belong to no frame, as they came. Borrows.
struct JunkRun {
  std::uint64_t run = 0;  ///< of the listener; with `seq` its place in the spool
  std::uint64_t seq = 0;
  std::int64_t received_us = 0;
  Bytes bytes;
};

/// Collects runs. Not thread-safe.
class JunkPack {
 public:
  void add(const JunkRun& junk);
  [[nodiscard]] std::int64_t runs() const { return runs_; }
  [[nodiscard]] std::size_t raw_bytes() const { return bytes_.size(); }
  /// What unpack_junk() reads; the next pack begins.
  ByteVector finish();

 private:
  std::int64_t runs_ = 0;
  JunkRun before_;
  ByteVector heads_;
  ByteVector bytes_;
};

/// Hands out the runs in their order; the bytes live as long as `packed`. Throws CorruptData.
void unpack_junk(Bytes packed, const std::function<void(const JunkRun&)>& visit);

}  // namespace icom::store
