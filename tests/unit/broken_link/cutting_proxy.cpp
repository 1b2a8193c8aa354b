#include "tests/unit/broken_link/cutting_proxy.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

#include "common/asio/as_tuple.hpp"

namespace icom::test {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;

struct CuttingProxy::Connection {
  explicit Connection(Socket from_agent)
      : agent(std::move(from_agent)), gateway(agent.get_executor()) {}

  void close() {
    boost::system::error_code ignored;
    for (Socket* socket : {&agent, &gateway}) {
      socket->shutdown(Socket::shutdown_both, ignored);
      socket->close(ignored);
    }
  }

  Socket agent;
  Socket gateway;
  bool is_first = false;
  std::array<std::uint64_t, 2> passed{};  ///< by direction
};

CuttingProxy::CuttingProxy(asio::io_context& io, std::uint16_t gateway_port, Cut cut)
    : io_(io), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), cut_(cut) {
  const tcp::endpoint gateway(asio::ip::address_v4::loopback(), gateway_port);
  asio::co_spawn(io_, accept_loop(gateway), asio::detached);
}

tcp::endpoint CuttingProxy::endpoint() const {
  return acceptor_.local_endpoint();
}

void CuttingProxy::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

awaitable<void> CuttingProxy::accept_loop(tcp::endpoint gateway) {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAsTuple);
    if (error) co_return;
    auto connection = std::make_shared<Connection>(std::move(socket));
    connection->is_first = !std::exchange(met_first_, true);
    const auto [refused] = co_await connection->gateway.async_connect(gateway, kAsTuple);
    if (refused) continue;
    for (Socket* end : {&connection->agent, &connection->gateway}) {
      end->set_option(tcp::no_delay(true));
    }
    if (cuts_now(*connection, cut_.direction)) {
      connection->close();
      continue;
    }
    asio::co_spawn(io_, carry(connection, Direction::to_gateway), asio::detached);
    asio::co_spawn(io_, carry(connection, Direction::to_agent), asio::detached);
  }
}

awaitable<void> CuttingProxy::carry(std::shared_ptr<Connection> connection, Direction direction) {
  const bool up = direction == Direction::to_gateway;
  Socket& from = up ? connection->agent : connection->gateway;
  Socket& to = up ? connection->gateway : connection->agent;
  std::uint64_t& passed = connection->passed.at(static_cast<std::size_t>(direction));
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto [end, got] = co_await from.async_read_some(asio::buffer(buffer), kAsTuple);
    if (end) break;
    std::size_t size = got;
    if (connection->is_first && direction == cut_.direction) {
      size = static_cast<std::size_t>(std::min<std::uint64_t>(size, cut_.bytes - passed));
    }
    const auto [error, written] =
        co_await asio::async_write(to, asio::buffer(buffer.data(), size), kAsTuple);
    if (error) break;
    passed += size;
    if (cuts_now(*connection, direction)) break;
  }
  connection->close();
}

bool CuttingProxy::cuts_now(const Connection& connection, Direction direction) {
  const bool now = connection.is_first && direction == cut_.direction &&
                   connection.passed.at(static_cast<std::size_t>(direction)) == cut_.bytes;
  has_cut_ = has_cut_ || now;
  return now;
}

}  // namespace icom::test
