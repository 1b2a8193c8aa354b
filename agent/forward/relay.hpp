// One connection through the tunnel: a TCP socket and an SSH channel, joined.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>

#include "agent/forward/paced_line.hpp"
#include "common/ssh/channel.hpp"

namespace icom::forward {

/// Passes on what one end sends to the other, in both directions, and so the end of each direction:
/// a side that has sent all can still receive. An end that breaks takes the other down.
///
/// Holds 64 kB for each direction, beside what the channel holds (docs/protocol.md, "The tunnel"):
/// an end is read no faster than the other takes the bytes. One executor, the session's.
class Relay {
 public:
  /// Of one direction; both may be shared with other relays, and must outlive this.
  struct Flow {
    std::uint64_t& bytes;  ///< counts what was passed on
    PacedLine& line;       ///< to stand in, if it is to be slower than it could
  };

  Relay(boost::asio::ip::tcp::socket socket, ssh::Channel channel, Flow to_channel, Flow to_socket);

  /// Until both directions have ended, or close(). Never throws for what the ends do.
  boost::asio::awaitable<void> run();
  /// Closes both ends at once; run() returns soon.
  void close();

 private:
  boost::asio::awaitable<void> socket_to_channel();
  boost::asio::awaitable<void> channel_to_socket();

  boost::asio::ip::tcp::socket socket_;
  ssh::Channel channel_;
  Flow to_channel_;
  Flow to_socket_;
  PacedLine::Place to_channel_place_;
  PacedLine::Place to_socket_place_;
  bool closed_ = false;
};

}  // namespace icom::forward
