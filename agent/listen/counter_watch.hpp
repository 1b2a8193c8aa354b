// Watches the frames' one-byte counter for what was never received.
#pragma once

#include <cstdint>
#include <optional>

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
  /// How many frames are missing before this one.
  std::uint64_t see(const FrameIdentity& frame);
  /// A new connection: the next frame is compared to none, since it may be a replay of what was
  /// sent long ago.
  void reset() { last_.reset(); }
  [[nodiscard]] const CounterCounts& counts() const { return counts_; }

 private:
  std::optional<FrameIdentity> last_;
  CounterCounts counts_;
};

}  // namespace icom::listen
