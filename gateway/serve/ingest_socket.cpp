#include "gateway/serve/ingest_socket.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <stdexcept>
#include <string>

namespace icom::serve {

using boost::asio::ip::tcp;

namespace {

/// Where it listens; empty if it does not, or is no TCP socket.
std::string listens_at(int socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    return {};
  }
  tcp::endpoint endpoint;
  auto length = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(socket, endpoint.data(), &length) != 0) return {};
  const int family = endpoint.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return {};
  return config::Address{endpoint.address().to_string(), endpoint.port()}.text();
}

std::string resolved(const config::Address& ingest) {
  boost::asio::io_context io;
  boost::system::error_code error;
  tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(ingest.host, std::to_string(ingest.port), tcp::resolver::passive, error);
  if (error || found.empty()) return ingest.text();
  return config::Address{found.begin()->endpoint().address().to_string(), ingest.port}.text();
}

}  // namespace

os::Connection ingest_socket(std::vector<os::Connection> passed, const config::Address& ingest) {
  if (passed.empty()) return {};
  const std::string wanted = resolved(ingest);
  std::string others;
  for (os::Connection& socket : passed) {
    const std::string at = listens_at(socket.get());
    if (at == wanted) return std::move(socket);
    others += (others.empty() ? "" : ", ") + (at.empty() ? "something that does not listen" : at);
  }
  throw std::runtime_error(
      "the service manager has passed " + others + ", and `ingest` is " + ingest.text() +
      ": correct ListenStream in icom-gateway.socket, or `ingest`, so that both "
      "are the same; then systemctl daemon-reload and systemctl restart "
      "icom-gateway.socket icom-gateway");
}

}  // namespace icom::serve
