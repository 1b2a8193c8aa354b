// Opens channels, one at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "common/ssh/condition.hpp"
#include "common/ssh/error.hpp"

struct _LIBSSH2_CHANNEL;

namespace icom::ssh {

class ChannelState;
class Engine;

/// A queue of requests of which the first is under way: libssh2 keeps the state of an open in the
/// session, and a second one begun meanwhile would get the first one's destination. (Listeners for
/// remote forwards will queue here too: same state, same rule.)
class ChannelOpener {
 public:
  explicit ChannelOpener(Engine& engine) : engine_(engine) {}

  /// Throws Error: `refused`, `timeout` at `until`, or why the session ended.
  boost::asio::awaitable<std::shared_ptr<ChannelState>> open(
      std::string host, std::uint16_t port, std::chrono::steady_clock::time_point until);

  /// Lets libssh2 go on with the first request, and begins the next when that is done. Negative:
  /// the session has failed.
  int advance();
  /// Wakes all who wait; they find the engine's failure.
  void session_ended();

 private:
  struct Request;
  class Claim;
  /// The request is answered: a channel, or null and libssh2's error.
  void finish(Request& request, _LIBSSH2_CHANNEL* channel, int code);

  Engine& engine_;
  std::deque<std::shared_ptr<Request>> requests_;
};

}  // namespace icom::ssh
