#include "gateway/serve/ingest_port_check.hpp"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <filesystem>
#include <initializer_list>

#include "common/os/limited_thread.hpp"
#include "common/os/socket_owner.hpp"
#include "gateway/ingest/taken_port.hpp"
#include "gateway/ingest/upgrade.hpp"

namespace icom::serve {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kPortAnswerTime{3};

/// True if what listens there says that it is icom-gateway's ingest.
bool gateway_answers(const tcp::endpoint& endpoint) {
  asio::io_context io;
  beast::tcp_stream stream(io);
  beast::flat_buffer buffer;
  http::request<http::empty_body> request{http::verb::get, "/", 11};
  http::response<http::string_body> response;
  stream.expires_after(kPortAnswerTime);
  stream.async_connect(endpoint, [&](boost::system::error_code connect_error) {
    if (connect_error) return;
    http::async_write(stream, request, [&](boost::system::error_code write_error, std::size_t) {
      if (write_error) return;
      http::async_read(stream, buffer, response, [](boost::system::error_code, std::size_t) {});
    });
  });
  io.run();
  return response.body() == ingest::kNotAnAgent;
}

/// Whoever listens at all addresses of the machine has this one, too.
std::optional<os::UserId> account_that_listens(const tcp::endpoint& endpoint) {
  for (const auto& address : std::initializer_list<asio::ip::address>{
           endpoint.address(), asio::ip::address_v4::any(), asio::ip::address_v6::any()}) {
    if (const auto user = os::listener_user({address, endpoint.port()})) return user;
  }
  return std::nullopt;
}

std::string named(os::UserId user) {
  const std::string number = std::to_string(user);
  const auto name = os::answer_within<std::string>(
      kPortAnswerTime, "check", [user]() noexcept { return os::user_name(user); });
  return "account " + number + (name && *name != number ? " (" + *name + ")" : "");
}

/// The first address that the gateway's socket unit names, if none of them is `endpoint`. None
/// where only systemd knows what one stands for.
std::optional<std::string> named_instead(const tcp::endpoint& endpoint,
                                         const std::vector<std::filesystem::path>& units) {
  const auto all = socket_unit_addresses(units);
  const config::Address wanted{endpoint.address().to_string(), endpoint.port()};
  const auto may_be_it = [&wanted](const std::string& stream) {
    const auto address = config::parse_address(stream, 0);
    const bool has_specifier = stream.find('%') != std::string::npos;
    return has_specifier || (address && config::is_same_place(*address, wanted));
  };
  if (all.empty() || std::ranges::any_of(all, may_be_it)) return std::nullopt;
  return all.front();
}

std::string unit_names(const std::string& other) {
  return "systemd's unit icom-gateway.socket names " + other +
         ", and a gateway that systemd starts with it ends at once, so that no agent can connect: "
         "correct its ListenStream, or `ingest`, so that both are the same; then systemctl "
         "daemon-reload and systemctl restart icom-gateway.socket icom-gateway";
}

IngestPortState state_of_used(const tcp::endpoint& endpoint, const KnownGateway& gateway,
                              const std::filesystem::path& systemd,
                              const std::vector<std::filesystem::path>& units) {
  constexpr os::UserId kRoot = 0;
  const auto listens = account_that_listens(endpoint);
  // A service manager that holds it would start the gateway for whoever connects.
  std::error_code unknown;
  if (listens == kRoot && std::filesystem::exists(systemd, unknown)) {
    if (const auto other = named_instead(endpoint, units)) {
      return {true, "root listens there, but " + unit_names(*other), false};
    }
    if (gateway.runs == true) {
      return {true, "held for the gateway, which runs: root listens there, as systemd does for it"};
    }
    const std::string systemds =
        "if that is systemd for the gateway (systemctl status icom-gateway.socket names this "
        "address), ";
    const std::string how = gateway.runs == false
                                ? ", and no gateway runs: " + systemds +
                                      "whoever calls next starts it, and so does systemctl start "
                                      "icom-gateway"
                                : ": " + systemds + "all is well";
    return {true, "root listens there" + how + "; if not, stop what listens there", false};
  }
  if (listens && listens != kRoot && listens != gateway.account) {
    return {false, named(*listens) + " listens there, and " +
                       (gateway.account ? "the store belongs to " + named(*gateway.account)
                                        : "there is no store whose owner could be that account") +
                       ": that is not the gateway, whatever it answers, and agents call it. Stop "
                       "what listens there (ss -tlnp), and let systemd hold the port: "
                       "icom-gateway.socket"};
  }
  if (!gateway_answers(endpoint)) {
    return {false, "cannot be listened on (" +
                       make_error_code(asio::error::address_in_use).message() +
                       "): " + ingest::how_to_free(endpoint)};
  }
  if (listens) return {true, "an icom-gateway listens there now"};
  return {true,
          "what listens there answers as an icom-gateway does, and this machine does not say whose "
          "it is: look (ss -tlnp)",
          false};
}

IngestPortState state_of_free(const tcp::endpoint& endpoint, const std::filesystem::path& systemd,
                              const std::vector<std::filesystem::path>& units) {
  std::error_code unknown;
  const auto other =
      std::filesystem::exists(systemd, unknown) ? named_instead(endpoint, units) : std::nullopt;
  if (!other) return {true, "can be listened on"};
  return {true, "can be listened on, but " + unit_names(*other), false};
}

}  // namespace

IngestPortState check_ingest_port(const config::Address& address, const KnownGateway& gateway,
                                  const std::filesystem::path& systemd,
                                  const std::vector<std::filesystem::path>& units) {
  asio::io_context io;
  boost::system::error_code error;
  tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return {false, "is no address of this machine (" + error.message() + "): correct `ingest`"};
  }
  const tcp::endpoint endpoint = found.begin()->endpoint();
  std::error_code unknown;
  if (gateway.has_sockets_passed && std::filesystem::exists(systemd, unknown)) {
    if (const auto other = named_instead(endpoint, units)) return {false, unit_names(*other)};
  }
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1, error);
  if (!error) return state_of_free(endpoint, systemd, units);
  if (error == asio::error::address_in_use) return state_of_used(endpoint, gateway, systemd, units);
  return {false, "cannot be listened on (" + error.message() +
                     "): stop what listens there, or change `ingest`"};
}

}  // namespace icom::serve
