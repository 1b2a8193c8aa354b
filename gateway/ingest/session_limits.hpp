// What a session allows its agent.
#pragma once

#include <chrono>
#include <cstddef>

#include "common/link/limits.hpp"

namespace icom::ingest {

struct SessionLimits {
  std::chrono::milliseconds hello = link::kHelloDeadline;
  std::chrono::milliseconds dead_peer = link::kDeadPeer;
  /// The Linacs that wait for approval are told of again so often.
  std::chrono::milliseconds newcomers = std::chrono::minutes(1);
  /// Frames' bytes that an agent is asked to keep unacknowledged at most. An agent that heeds it
  /// never makes us stop reading.
  std::size_t max_unacknowledged_bytes = 4U << 20U;
  /// Compressed batches waiting to be decoded, each with a fixed cost; beyond it the session reads
  /// no further.
  std::size_t max_waiting_bytes = link::kMaxMessageBytes;
};

}  // namespace icom::ingest
