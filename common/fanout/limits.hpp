// What a fan-out puts up with. docs/agent.md, "Fan-out".
#pragma once

#include <chrono>
#include <cstddef>

namespace icom::fanout {

struct Limits {
  std::size_t clients = 64;  ///< of one Linac at once
  /// That wait for one client, beyond what the kernel has taken: two minutes of the stream.
  std::size_t waiting_bytes = std::size_t{4} << 20U;
  /// For which something waits and the kernel takes none of it.
  std::chrono::milliseconds stalled = std::chrono::seconds(10);
  /// For a client to answer our FIN; as long again before it, at a stop, for what still waits.
  std::chrono::milliseconds goodbye = std::chrono::seconds(1);
  /// Before a port that could not be listened on is tried again.
  std::chrono::milliseconds retry = std::chrono::seconds(5);
};

/// What comes faster than live, out of a backlog, is handed to clients in helpings: so much of one
/// Linac, then this pause, in which those that do read can.
inline constexpr std::size_t kHelping = std::size_t{1} << 20U;
inline constexpr std::chrono::milliseconds kBetweenHelpings{10};

}  // namespace icom::fanout
