// Start here: Linacs' streams for whoever connects, as if each port were the Linac. docs/agent.md,
// "Fan-out".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/fan_out_settings.hpp"
#include "common/fanout/limits.hpp"
#include "common/fanout/piece.hpp"
#include "common/fanout/port.hpp"

namespace icom::fanout {

/// One port per Linac. No call waits for a client. All on one executor, which runs on one thread.
class FanOutServer {
 public:
  explicit FanOutServer(const boost::asio::any_io_executor& executor, const Limits& limits = {},
                        std::shared_ptr<Accounts> accounts = std::make_shared<Accounts>());
  FanOutServer(const FanOutServer&) = delete;
  FanOutServer& operator=(const FanOutServer&) = delete;

  /// Changes only what differs: a port that is as before keeps its clients. A port that goes, or
  /// whose address changes, says FIN to them. Never fails: a port that cannot be had says so
  /// itself. Who is no longer allowed is cut off, once it is known which accounts are.
  void apply(const config::FanOutSettings& settings);

  /// The next piece of a Linac's stream, to the clients that its port has now.
  void publish(std::string_view serial, const Piece& piece);
  /// Something is missing from a Linac's stream: its clients are cut off rather than given one with
  /// a hole.
  void cut_off(std::string_view serial, const std::string& why);
  [[nodiscard]] bool has_clients(std::string_view serial) const;

  /// FIN to all; returns once they are gone, after two goodbyes at most. Afterwards nothing is
  /// listened on.
  boost::asio::awaitable<void> stop();

  /// By serial.
  [[nodiscard]] std::vector<PortStatus> status() const;

 private:
  void close(const std::shared_ptr<Port>& port);

  boost::asio::any_io_executor executor_;
  const Limits limits_;
  const std::shared_ptr<Accounts> accounts_;
  std::map<std::string, std::shared_ptr<Port>, std::less<>> ports_;  ///< by serial
  std::vector<std::shared_ptr<Port>> closed_;  ///< some may still have clients
};

}  // namespace icom::fanout
