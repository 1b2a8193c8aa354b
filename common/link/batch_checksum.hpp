// A checksum over everything that a batch says. Private to common/link.
#pragma once

#include <cstdint>
#include <memory>

#include "common/link/batch_codec.hpp"

struct XXH3_state_s;

namespace icom::link {

/// Taken by the encoder over the entries as they were handed in and by the decoder over the entries
/// as they come out: equal means that compression, delta coding and everything that was left out as
/// implied were undone exactly.
class BatchChecksum {
 public:
  BatchChecksum();
  void add(const LinkEntry& entry);
  /// The checksum of what was added; the next batch begins.
  std::uint64_t finish();

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace icom::link
