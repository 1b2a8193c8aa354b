// Running coroutines to their end in a test, and TCP servers for the far end of a tunnel.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/asio/as_tuple.hpp"
#include "common/ssh/condition.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/session.hpp"

namespace icom::ssh {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

inline constexpr std::chrono::seconds kSoon(20);

/// Coroutines that run side by side: what a test spawns, it can wait for.
class Group {
 public:
  explicit Group(const net::any_io_executor& executor) : executor_(executor), changed_(executor) {}

  void spawn(net::awaitable<void> work) {
    ++running_;
    net::co_spawn(executor_, std::move(work), [this](const std::exception_ptr& thrown) {
      if (thrown && !thrown_) thrown_ = thrown;
      --running_;
      changed_.notify();
    });
  }

  /// Until all have ended; throws the first exception of theirs.
  net::awaitable<void> wait() {
    while (running_ > 0) co_await changed_.wait();
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  net::any_io_executor executor_;
  Condition changed_;
  int running_ = 0;
  std::exception_ptr thrown_;
};

/// Runs `work` to its end and fails the test if it throws or takes longer than a minute: something
/// hangs then.
inline void run(net::io_context& io, net::awaitable<void> work) {
  bool done = false;
  net::co_spawn(io, std::move(work), [&](const std::exception_ptr& thrown) {
    done = true;
    io.stop();
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  });
  io.restart();
  io.run_for(std::chrono::minutes(1));
  EXPECT_TRUE(done) << "hangs";
}

/// The Error that connecting ends with; fails the test if it succeeds.
inline Error connect_error(const Settings& settings) {
  net::io_context io;
  std::optional<Error> error;
  const auto attempt = [&]() -> net::awaitable<void> {
    try {
      co_await Session::connect(settings, kSoon);
    } catch (const Error& e) {
      error = e;
    }
  };
  run(io, attempt());
  if (!error) {
    ADD_FAILURE() << "connected";
    return {Category::closed, ""};
  }
  return *error;
}

/// Accepts connections on loopback and runs a coroutine for each, until it goes.
class Server {
 public:
  using Serve = std::function<net::awaitable<void>(tcp::socket)>;

  /// `port` 0: any that is free.
  Server(net::io_context& io, Serve serve, std::uint16_t port = 0)
      : acceptor_(std::make_shared<tcp::acceptor>(
            io, tcp::endpoint(net::ip::address_v4::loopback(), port))) {
    net::co_spawn(io, accept(acceptor_, std::move(serve)), net::detached);
  }
  ~Server() { acceptor_->close(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_->local_endpoint().port(); }

 private:
  static net::awaitable<void> accept(std::shared_ptr<tcp::acceptor> acceptor, Serve serve) {
    for (;;) {
      auto [error, socket] = co_await acceptor->async_accept(kAsTuple);
      if (error) co_return;
      net::co_spawn(acceptor->get_executor(), serve(std::move(socket)), net::detached);
    }
  }

  std::shared_ptr<tcp::acceptor> acceptor_;
};

/// Sends back what it gets, then closes its direction too.
inline net::awaitable<void> echo(tcp::socket socket) {
  std::vector<char> bytes(1U << 16U);
  for (;;) {
    const auto [read_error, got] = co_await socket.async_read_some(net::buffer(bytes), kAsTuple);
    if (read_error) break;
    const auto [error, sent] = co_await net::async_write(socket, net::buffer(bytes, got), kAsTuple);
    if (error) break;
  }
}

/// The same bytes for the same seed, different ones at each offset.
inline std::string pattern(std::size_t size, std::uint32_t seed) {
  std::string bytes(size, '\0');
  std::uint32_t state = seed * 2654435761U + 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

/// Writes all of `bytes` in pieces whose sizes go through everything from a byte to far more than a
/// packet.
inline net::awaitable<void> write_in_pieces(Channel& channel, const std::string& bytes,
                                            std::uint32_t seed) {
  std::uint32_t state = seed + 1;
  for (std::size_t at = 0; at < bytes.size();) {
    state = state * 1664525U + 1013904223U;
    const std::size_t magnitude = std::size_t{1} << (state >> 28U) << (state >> 24U & 3U);
    const std::size_t size = std::min(bytes.size() - at, magnitude + (state >> 16U & 0xFFU));
    co_await net::async_write(channel, net::buffer(bytes.data() + at, size), net::use_awaitable);
    at += size;
  }
}

/// Reads exactly as many bytes as `expected` has, in reads of odd sizes, and compares.
inline net::awaitable<void> read_and_compare(Channel& channel, const std::string& expected) {
  std::vector<char> buffer(200'003);
  std::size_t at = 0;
  std::size_t room = 1;
  while (at < expected.size()) {
    room = room * 7 % buffer.size() + 1;
    const std::size_t got =
        co_await channel.async_read_some(net::buffer(buffer.data(), room), net::use_awaitable);
    if (expected.compare(at, got, buffer.data(), got) != 0) {
      ADD_FAILURE() << "other bytes than were sent, within " << got << " from " << at;
      co_return;
    }
    at += got;
  }
}

}  // namespace icom::ssh
