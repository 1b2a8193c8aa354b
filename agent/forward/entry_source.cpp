#include "agent/forward/entry_source.hpp"

#include <vector>

namespace icom::forward {

std::size_t EntrySource::fill(BatchLimits limits, const Admits& admits, const Take& take) {
  std::size_t entries = 0;
  std::size_t bytes = 0;
  std::vector<bool> done(linacs_.size(), false);
  std::size_t linacs_left = linacs_.size();

  while (linacs_left > 0 && entries < limits.entries) {
    turn_ %= linacs_.size();
    if (done[turn_]) {
      ++turn_;
      continue;
    }
    LinacStream& linac = linacs_[turn_];
    const spool::Entry* entry = linac.waiting();
    if (entry == nullptr || !admits(linac, *entry)) {
      done[turn_++] = true;
      --linacs_left;
      continue;
    }
    // Its turn stays with the Linac: it is the first of the next batch.
    if (entries > 0 && bytes + entry->bytes.size() > limits.bytes) break;
    take(linac, *entry);
    bytes += entry->bytes.size();
    ++entries;
    linac.taken();
    ++turn_;
  }
  return entries;
}

}  // namespace icom::forward
