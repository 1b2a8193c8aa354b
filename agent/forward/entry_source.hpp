// Entries of all Linacs in turn.
#pragma once

#include <cstddef>
#include <functional>

#include "agent/forward/linac_stream.hpp"

namespace icom::forward {

/// Takes one entry after the other from the Linacs in turn, so that one with a day's backlog delays
/// another's live frame by a batch at most. Not thread-safe.
class EntrySource {
 public:
  struct BatchLimits {
    std::size_t entries;
    std::size_t bytes;  ///< one entry alone may exceed it
  };
  /// Whether this entry may go now; a Linac whose entry may not is passed over for the rest of the
  /// batch.
  using Admits = std::function<bool(const LinacStream&, const spool::Entry&)>;
  using Take = std::function<void(const LinacStream&, const spool::Entry&)>;

  /// `linacs` must outlive this.
  explicit EntrySource(LinacStreams& linacs) : linacs_(linacs) {}

  /// Hands entries to `take` until the batch is full or no Linac has one that may go. Returns how
  /// many.
  std::size_t fill(BatchLimits limits, const Admits& admits, const Take& take);

 private:
  LinacStreams& linacs_;
  std::size_t turn_ = 0;  ///< of the Linac that comes next, also from batch to batch
};

}  // namespace icom::forward
