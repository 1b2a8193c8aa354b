// Connections to a Linac that were given up and are read to their end, beside the next one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "agent/listen/listener_timings.hpp"
#include "agent/listen/stream_sink.hpp"
#include "common/asio/bell.hpp"
#include "common/os/handle.hpp"

namespace icom::listen {

/// A line that was dead comes back with data on the way: what the Linac's kernel still had to send.
/// A kernel answers data for a closed connection with a reset. So the descriptor stays open, FIN
/// said, and is read until the Linac has closed as well, or has given up. What comes goes to the
/// sink.
/// Bounded in number and time, so in the end a reset is possible: to a Linac that goes on sending
/// for half an hour into a dead line, or ten seconds after it has got our FIN.
/// One thread, that of `io`.
class LateConnections {
 public:
  /// Such connections at once; beyond it the oldest is closed. A line that comes and goes leaves
  /// one each time, for a minute or two.
  static constexpr std::size_t kMost = 7;

  /// `io` and `sink` must outlive it.
  LateConnections(boost::asio::io_context& io, const ListenerTimings& timings, StreamSink& sink);
  ~LateConnections();
  LateConnections(const LateConnections&) = delete;
  LateConnections& operator=(const LateConnections&) = delete;

  /// FIN has been said on it. The number under which its bytes come.
  std::uint64_t take(boost::asio::ip::tcp::socket connection);
  /// The same, of another listener's that has handed over. 0: it cannot be read.
  std::uint64_t adopt(os::Connection connection);

  /// Each of them gets the timings' `drain` yet. ended() returns after that.
  void stop();
  boost::asio::awaitable<void> ended();

  struct Released {
    std::uint64_t number = 0;
    os::Connection connection;
  };
  /// Reads no further: they are another listener's now, the oldest first. The sink is not called
  /// again.
  std::vector<Released> release();

 private:
  struct One;
  static boost::asio::awaitable<void> read(std::shared_ptr<One> one);
  bool read_available(One& one, bool& more);
  void start(const std::shared_ptr<One>& one);
  void finish(const std::shared_ptr<One>& one);

  boost::asio::io_context& io_;
  const ListenerTimings timings_;
  StreamSink& sink_;
  std::list<std::shared_ptr<One>> all_;  ///< the oldest first
  std::uint64_t last_number_ = 0;
  bool stopping_ = false;
  Bell ended_;
};

}  // namespace icom::listen
