// How long each step of a tunnel may take and how much it may hold.
#pragma once

#include <chrono>
#include <cstddef>

namespace icom::ssh {

/// Each wait of a session has its own limit, so that an error can say which step hung. The deadline
/// that a caller gives to connect() or open_channel() covers all steps together and wins when it is
/// shorter.
struct Limits {
  std::chrono::milliseconds resolve = std::chrono::seconds(10);
  std::chrono::milliseconds connect = std::chrono::seconds(10);  ///< TCP, all addresses together
  /// Banner and key exchange; sshd's own LoginGraceTime is 120 s, a healthy one answers within a
  /// second.
  std::chrono::milliseconds handshake = std::chrono::seconds(15);
  std::chrono::milliseconds authenticate = std::chrono::seconds(15);

  /// Bytes that the socket does not take, or a rekey that does not end, for this long: the session
  /// is aborted. Just under the time in which the link must have noticed a dead peer.
  std::chrono::milliseconds stall = std::chrono::seconds(15);
  /// A keepalive (no reply wanted) goes out this often, so that stateful firewalls on the way
  /// remember the connection.
  std::chrono::milliseconds keepalive = std::chrono::seconds(15);
  /// How long a closed channel may take to send the rest, and the server to pass it on, before it
  /// is dropped as it is.
  std::chrono::milliseconds channel_close = std::chrono::seconds(15);

  /// Bytes encrypted and waiting for the socket above which channel writes wait.
  std::size_t send_watermark = std::size_t{256} << 10U;
  /// SO_SNDBUF and SO_RCVBUF in bytes; 0 leaves them to the kernel, which is right but for tests.
  int socket_buffer = 0;
};

}  // namespace icom::ssh
