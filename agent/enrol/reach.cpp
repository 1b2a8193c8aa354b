#include "agent/enrol/reach.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <exception>
#include <optional>
#include <vector>

#include "common/asio/name_resolver.hpp"
#include "common/log/printable.hpp"
#include "common/ssh/way_text.hpp"

namespace icom::enrol {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using Endpoints = std::vector<tcp::endpoint>;

constexpr std::size_t kMaxBanner = 4096;  // RFC 4253 allows lines before it, of 255 each

/// One step at a time, each with its own patience.
class Attempt {
 public:
  Attempt(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience)
      : host_(host), port_(port), patience_(patience) {}

  Reach run() {
    error_code error;
    const auto endpoints = resolve(error);
    if (error) return no_address(error);
    if (!connect(endpoints, error)) return no_answer();
    if (error) return no_connection(error);
    const std::string address = socket_.remote_endpoint(error).address().to_string();
    const std::optional<std::string> banner = read_banner();
    if (!banner) return no_ssh();
    return {true, where() + " (" + address + ") answers: " + *banner};
  }

 private:
  [[nodiscard]] std::string where() const { return host_ + ":" + std::to_string(port_); }

  /// False if it took too long.
  bool in_time() {
    io_.restart();
    io_.run_for(patience_);
    return io_.stopped();
  }

  Endpoints resolve(error_code& error) {
    NameResolver resolver(io_.get_executor());
    Endpoints endpoints;
    asio::co_spawn(io_, resolver.resolve(host_, patience_, error),
                   [&](const std::exception_ptr&, const NameResolver::Addresses& addresses) {
                     for (const auto& address : addresses) endpoints.emplace_back(address, port_);
                   });
    io_.run();
    return endpoints;
  }

  bool connect(const Endpoints& endpoints, error_code& error) {
    asio::async_connect(socket_, endpoints,
                        [&](error_code failed, const tcp::endpoint&) { error = failed; });
    if (in_time()) return true;
    drop();
    return false;
  }

  std::optional<std::string> read_banner() {
    std::string text;
    std::optional<std::string> banner;
    asio::async_read_until(socket_, asio::dynamic_buffer(text, kMaxBanner), "SSH-",
                           [&](error_code error, std::size_t size) {
                             if (!error) banner = text.substr(size - 4);
                             ended_ = error == asio::error::eof ||
                                      error == asio::error::connection_reset;
                           });
    if (!in_time()) drop();
    if (banner) banner = log::printable(banner->substr(0, banner->find_first_of("\r\n")));
    return banner;
  }

  void drop() {
    error_code ignored;
    socket_.close(ignored);
    io_.run();
  }

  [[nodiscard]] Reach no_address(const error_code& error) const {
    return {false, ssh::no_address_text(host_, error.message(),
                                        "have the hosting site make an enrolment file with a name "
                                        "or address that works from here")};
  }
  [[nodiscard]] Reach no_answer() const { return {false, ssh::no_answer_text(where())}; }
  [[nodiscard]] Reach no_connection(const error_code& error) const {
    if (error == asio::error::timed_out) return no_answer();
    if (error == asio::error::connection_refused) {
      return {false, ssh::connection_refused_text(where())};
    }
    return {false, ssh::unreachable_text(where(), error.message())};
  }
  [[nodiscard]] Reach no_ssh() const { return {false, ssh::no_ssh_text(where(), ended_)}; }

  std::string host_;
  std::uint16_t port_;
  std::chrono::milliseconds patience_;
  asio::io_context io_;
  tcp::socket socket_{io_};
  bool ended_ = false;  ///< the connection, by the other end
};

}  // namespace

Reach try_to_reach(const std::string& host, std::uint16_t port,
                   std::chrono::milliseconds patience) {
  return Attempt(host, port, patience).run();
}

}  // namespace icom::enrol
