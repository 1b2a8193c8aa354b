// A gateway in memory: the link's other end for tests of the forwarder, on a loopback TCP socket
// without SSH.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/forward/message_pipe.hpp"
#include "common/icom/stream_entry.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/link.pb.h"

namespace icom::forward::testing {

struct StoredEntry {
  EntryKind kind;
  std::uint64_t run;
  std::uint64_t seq;
  std::string bytes;
  friend bool operator==(const StoredEntry&, const StoredEntry&) = default;
};

/// What the gateway does; change it at any time, from the thread of the io_context.
struct Conduct {
  std::string token = "the token of the site";
  std::map<std::string, std::string> refused_linacs;  ///< serial: reason
  std::uint64_t max_unacknowledged_bytes = 8U << 20U;
  bool acknowledge = true;
  bool answer_hello = true;
  /// Positions that Welcome names in place of what is stored, by run.
  std::map<std::uint64_t, link::Position> claims;
  /// Breaks the connection after so many messages of a session, the last one being stored, but not
  /// acknowledged, or not even stored.
  int break_after = 0;
  bool store_last = false;
  int breaks = 0;  ///< how often
};

class FakeGateway {
 public:
  explicit FakeGateway(boost::asio::io_context& io);

  [[nodiscard]] Connector connector();
  /// Everything is closed; the io_context runs out of work.
  void stop();
  void break_connections();
  /// Tells the connected agent that a Linac is accepted now, or is not.
  void change_registration(const std::string& serial, bool accepted, const std::string& reason);
  /// Acknowledges everything that is stored.
  void acknowledge_all();
  /// Sends an acknowledgement as it stands.
  void send_ack(std::uint32_t linac, std::uint64_t run, std::uint64_t seq);

  Conduct conduct;
  std::map<std::string, std::vector<StoredEntry>> stored;  ///< by serial, in order of arrival
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>
      fingerprints;  ///< of these, by run and seq
  std::vector<std::vector<std::string>>
      batches;  ///< of each Frames message: the serials of its entries
  std::vector<link::Status> statuses;
  std::vector<link::Hello> hellos;  ///< with what was announced behind them
  std::vector<std::string> faults;  ///< positions that came twice, or with a gap before
  int sessions = 0;                 ///< that were welcomed
  int goodbyes = 0;                 ///< ended by a WebSocket close
  std::size_t unacknowledged_bytes = 0;
  std::size_t most_unacknowledged_bytes = 0;

 private:
  struct Connection;
  boost::asio::awaitable<void> accept_loop();
  boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  boost::asio::awaitable<bool> hear_proof(Connection& connection);
  boost::asio::awaitable<void> welcome(Connection& connection);
  boost::asio::awaitable<void> send(Connection& connection, link::ToAgent message);
  link::LinacWelcome answer_for(const std::string& serial, std::uint32_t linac,
                                const std::vector<std::uint64_t>& runs) const;
  [[nodiscard]] link::Position position_of(const std::string& serial, std::uint64_t run) const;
  link::Ack store(Connection& connection, const link::Frames& frames);
  void post(link::ToAgent message);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::set<std::shared_ptr<Connection>> connections_;
};

}  // namespace icom::forward::testing
