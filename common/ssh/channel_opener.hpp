// What is asked of the server, one request at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace icom::ssh {

class ChannelState;
class Engine;
class ListenerState;

/// A queue of requests of which the first is under way: libssh2 keeps the state of an open in the
/// session, and a second one begun meanwhile would get the first one's destination. Listeners for
/// remote forwards queue here too: same state, same rule.
class ChannelOpener {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ChannelOpener(Engine& engine) : engine_(engine) {}

  /// Throws Error: `refused`, `prohibited`, `timeout` at `until`, or why the session ended.
  boost::asio::awaitable<std::shared_ptr<ChannelState>> open(std::string host, std::uint16_t port,
                                                             TimePoint until);
  /// A listener at the server. Throws the same.
  boost::asio::awaitable<std::shared_ptr<ListenerState>> listen(std::string host,
                                                                std::uint16_t port,
                                                                TimePoint until);
  /// Until the server has answered a question to which any answer will do: a channel of a type that
  /// it does not know. Throws the same, but `refused` and `prohibited`.
  /// `limit` counts from its turn in the queue.
  boost::asio::awaitable<void> ping(std::chrono::seconds limit);

  /// No request is under way or waits.
  [[nodiscard]] bool idle() const { return requests_.empty(); }

  /// Lets libssh2 go on with the first request, and begins the next when that is done. Negative:
  /// the session has failed.
  int advance();
  /// Wakes all who wait; they find the engine's failure.
  void session_ended();

 private:
  struct Request;
  struct Open;
  struct Listen;
  struct Ping;
  class Claim;
  /// Queues `request`, until it is answered. Without `until`, `limit` counts from its turn.
  boost::asio::awaitable<void> answer(std::shared_ptr<Request> request,
                                      std::optional<TimePoint> until,
                                      std::chrono::seconds limit = {});

  Engine& engine_;
  std::deque<std::shared_ptr<Request>> requests_;
};

}  // namespace icom::ssh
