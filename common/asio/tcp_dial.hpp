// From a host's name to a connected TCP socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace icom {

/// What dial_tcp() ends with. what(): which step, and why.
class DialFailure : public std::runtime_error {
 public:
  enum class Step : std::uint8_t { look_up, connect };
  DialFailure(const std::string& text, Step which, boost::system::error_code why,
              bool took_too_long)
      : std::runtime_error(text), step(which), error(why), late(took_too_long) {}
  Step step;
  boost::system::error_code error;
  bool late;  ///< a limit passed
};

struct DialLimits {
  std::chrono::milliseconds resolve = std::chrono::seconds(10);
  std::chrono::milliseconds connect = std::chrono::seconds(10);  ///< all addresses together
};

/// The addresses of `host`, at least one. Throws DialFailure; system_error (operation_aborted) if
/// cancelled.
boost::asio::awaitable<std::vector<boost::asio::ip::tcp::endpoint>> resolve_tcp(
    std::string host, std::uint16_t port, std::chrono::milliseconds limit);

/// Tries the addresses of `host` in turn. `prepare` may set options that count while connecting;
/// each socket is given to it once it is open. Throws DialFailure; system_error (operation_aborted)
/// if cancelled.
boost::asio::awaitable<boost::asio::ip::tcp::socket> dial_tcp(
    std::string host, std::uint16_t port, std::chrono::steady_clock::time_point until,
    DialLimits limits, std::function<void(boost::asio::ip::tcp::socket&)> prepare = nullptr);

}  // namespace icom
