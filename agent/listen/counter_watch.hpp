// Watches the frames' counter for what was never received.
#pragma once

#include <cstdint>
#include <optional>

#include "common/icom/counter_convention.hpp"
#include "common/icom/frame_identity.hpp"

namespace icom::listen {

struct CounterCounts {
  std::uint64_t gaps = 0;
  std::uint64_t missing_frames = 0;  ///< at least: the counter wraps after 256
  std::uint64_t duplicates = 0;      ///< a frame that is the one before it, byte for byte
};

/// For the listener's log and status only; the gateway judges by what it has stored. Not
/// thread-safe.
class CounterWatch {
 public:
  /// How many frames are missing before this one; 0 as long as the stream has not shown where it
  /// counts.
  std::uint64_t see(const FrameIdentity& frame, Bytes bytes);
  /// A new connection: the next frame is compared to none, since it may be a replay of what was
  /// sent long ago.
  void reset() { last_.reset(); }
  [[nodiscard]] const CounterCounts& counts() const { return counts_; }

 private:
  struct Seen {
    FrameIdentity identity;
    std::uint8_t counter = 0;
  };
  CounterConvention convention_;
  std::optional<Seen> last_;
  CounterCounts counts_;
};

}  // namespace icom::listen
