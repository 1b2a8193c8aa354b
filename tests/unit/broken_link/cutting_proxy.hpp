// Stands between agent and gateway, and cuts their first connection at a given byte.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>

namespace icom::test {

enum class Direction { to_gateway, to_agent };

/// All on the io_context's one thread.
class CuttingProxy {
 public:
  /// Cuts after `bytes` have passed in that direction: both sides see the end of the connection.
  struct Cut {
    Direction direction;
    std::uint64_t bytes;
  };

  CuttingProxy(boost::asio::io_context& io, std::uint16_t gateway_port, Cut cut);

  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const;
  /// Whether so many bytes came.
  [[nodiscard]] bool has_cut() const { return has_cut_; }
  /// Accepts nobody any more; the io_context runs out of work when both sides have closed.
  void stop();

 private:
  struct Connection;
  using Socket = boost::asio::ip::tcp::socket;
  boost::asio::awaitable<void> accept_loop(boost::asio::ip::tcp::endpoint gateway);
  boost::asio::awaitable<void> carry(std::shared_ptr<Connection> connection, Direction direction);
  bool cuts_now(const Connection& connection, Direction direction);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const Cut cut_;
  bool has_cut_ = false;
  bool met_first_ = false;
};

}  // namespace icom::test
