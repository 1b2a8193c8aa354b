// One Linac's port: who comes there, and who may.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "common/asio/bell.hpp"
#include "common/asio/deadline.hpp"
#include "common/asio/name_resolver.hpp"
#include "common/config/fan_out_settings.hpp"
#include "common/fanout/client.hpp"
#include "common/fanout/guest_list.hpp"
#include "common/fanout/limits.hpp"
#include "common/fanout/piece.hpp"
#include "common/log/rate_limit.hpp"

namespace icom::fanout {

/// How a port is. Counts are those since it was opened.
struct PortStatus {
  std::string serial;
  std::string listen;  ///< ADDRESS:PORT
  bool listening = false;
  std::string problem;        ///< why not; empty while it is only being opened
  std::uint64_t clients = 0;  ///< now
  std::uint64_t clients_total = 0;
  std::uint64_t cut_off = 0;     ///< of those, because they fell behind or are no longer allowed
  std::uint64_t refused = 0;     ///< not allowed, or one too many
  std::uint64_t sent_bytes = 0;  ///< to all clients together

  friend bool operator==(const PortStatus&, const PortStatus&) = default;
};

/// Listens until close(); where the address cannot be had it says so and tries again and again. All
/// on one executor; shared with what runs on it.
class Port : public std::enable_shared_from_this<Port> {
 public:
  Port(const boost::asio::any_io_executor& executor, config::FanOutPort settings, GuestList guests,
       const Limits& limits);
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  /// Once.
  void open();
  /// Listens no longer, FIN to all clients. has_clients() is false once they are gone.
  void close();

  /// To every client.
  void offer(const Piece& piece);
  /// Nobody's stream may go on: something is missing from it.
  void cut_off_all(const std::string& why);
  /// Clients that are no longer allowed are cut off, within a moment; as they are, without this,
  /// where their account has been removed, and its number given to another.
  void allow(GuestList guests);

  [[nodiscard]] const config::FanOutPort& settings() const { return settings_; }
  [[nodiscard]] bool has_clients() const { return !clients_.empty(); }
  [[nodiscard]] PortStatus status() const;

 private:
  boost::asio::awaitable<void> listen();
  boost::asio::awaitable<std::string> bind();
  boost::asio::awaitable<std::string> resolve(boost::asio::ip::tcp::endpoint& endpoint);
  void accept();
  void accept_later(boost::system::error_code why);
  void admit(boost::asio::ip::tcp::socket socket);
  boost::asio::awaitable<void> wait_until_decided();
  boost::asio::awaitable<void> admit_once_decided(boost::asio::ip::tcp::socket socket, Visitor who);
  void decide(boost::asio::ip::tcp::socket socket, const Visitor& who);
  boost::asio::awaitable<void> cut_off_once_decided(std::shared_ptr<Client> client);
  void cut_off_unless_allowed(Client& client);
  void watch_accounts();
  void refuse(const boost::asio::ip::address& address, const std::string& why);
  void forget(const std::shared_ptr<Client>& client);

  boost::asio::any_io_executor executor_;
  const config::FanOutPort settings_;
  GuestList guests_;
  const Limits limits_;
  NameResolver resolver_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::set<std::shared_ptr<Client>> clients_;
  std::size_t undecided_ = 0;  ///< connections that wait for an answer about their account
  bool closed_ = false;
  Bell bell_;                             ///< close() was called
  std::optional<Deadline> accept_again_;  ///< after a failed accept
  std::optional<Deadline> watch_;         ///< the next look at the clients' accounts
  std::uint64_t judged_by_ = 0;           ///< GuestList::tend()'s count
  PortStatus status_;
  std::uint64_t sent_to_gone_ = 0;  ///< bytes
  log::RateLimit refusal_lines_{5, std::chrono::minutes(1)};
  log::RateLimit client_lines_{20, std::chrono::seconds(30)};
};

}  // namespace icom::fanout
