// The one connection to a Linac: made, read, given up, made again. docs/protocol.md, "The iCom Vx
// stream".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/listen/keeper_link.hpp"
#include "agent/listen/late_connections.hpp"
#include "agent/listen/listener_timings.hpp"
#include "agent/listen/reconnect_pace.hpp"
#include "agent/listen/silence_limit.hpp"
#include "agent/listen/stream_sink.hpp"
#include "common/asio/name_resolver.hpp"
#include "common/config/address.hpp"
#include "common/os/handle.hpp"

namespace icom::listen {

/// Reads whatever comes as soon as it comes, and never sends a byte. Ends connections with a FIN,
/// after having read what the Linac sent, so that it does not see a reset. One that is given up
/// because it has gone silent is read to its end beside the next one. One thread, that of `io`.
class LinacConnection {
 public:
  /// `io` and `sink` must outlive it.
  LinacConnection(boost::asio::io_context& io, config::Address linac,
                  const ListenerTimings& timings, StreamSink& sink, KeeperLink keeper = {});
  ~LinacConnection();
  LinacConnection(const LinacConnection&) = delete;
  LinacConnection& operator=(const LinacConnection&) = delete;

  /// Connects and reads, again and again, until stop(). The object must live until it has returned.
  boost::asio::awaitable<void> run();
  /// Before run(): it begins with reading from this connection, made by another listener.
  void adopt(os::Connection connection, bool ipv6);
  /// Before run(): reads also this one to its end, which another listener has given up. The number
  /// under which its bytes come; 0: it cannot be read.
  std::uint64_t adopt_late(os::Connection connection);
  /// run() returns within the timings' `drain`, after everything received has been handed over.
  void stop();
  /// As stop(), but a connection that stands is left as it is, for release(), and so are those that
  /// were given up and have not ended, for release_late().
  void let_go();
  /// After let_go(), once run() has returned: the connection, which nobody reads; invalid if there
  /// was none.
  os::Connection release(bool& ipv6);
  std::vector<LateConnections::Released> release_late();

 private:
  using Clock = std::chrono::steady_clock;
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

  boost::asio::awaitable<std::string> connect();
  boost::asio::awaitable<std::string> resolve(Endpoints& endpoints);
  void begin_after_failed(Endpoints& endpoints) const;
  boost::asio::awaitable<boost::system::error_code> connect_to(
      boost::asio::ip::tcp::endpoint linac);
  boost::asio::awaitable<std::optional<std::string>> read_until_over(bool adopted);
  [[nodiscard]] std::string why_silence_ends_it(std::chrono::nanoseconds silent,
                                                std::chrono::nanoseconds waited);
  [[nodiscard]] std::string why_another_client_ends_it();
  boost::asio::awaitable<std::optional<std::uint64_t>> close(bool given_up);
  void tell_peer();
  boost::asio::awaitable<void> pause_before_retry(std::chrono::nanoseconds lasted,
                                                  bool brought_frame);

  boost::asio::awaitable<bool> readable(Clock::time_point deadline);
  std::size_t read_available(std::string& ended);
  void arm(Clock::time_point deadline, std::function<void()> expired);
  void disarm();

  boost::asio::io_context& io_;
  const config::Address linac_;
  const ListenerTimings timings_;
  StreamSink& sink_;
  const KeeperLink keeper_;
  ReconnectPace pace_;
  SilenceLimit silence_;
  LateConnections late_;
  NameResolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  std::optional<boost::asio::ip::tcp::endpoint> failed_;  ///< the last one that did not answer
  std::uint64_t armed_ = 0;  ///< tells the expiry of a deadline from that of one before it
  bool stopping_ = false;
  bool letting_go_ = false;
  bool adopted_ = false;   ///< socket_ is a connection that run() has not seen yet
  bool given_up_ = false;  ///< the connection's end was our decision: its silence, or yields_
  bool yields_ = false;    ///< it was left to another program of this machine
  Endpoints addresses_;    ///< of the Linac, at the last attempt
  /// When to look for such another one: at once, and again if it is the one to leave.
  Clock::time_point next_look_ = Clock::time_point::max();
  bool looks_again_ = false;
};

}  // namespace icom::listen
