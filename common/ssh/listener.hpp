// A port at the server whose connections come to us: what `ssh -R` listens on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>

#include "common/ssh/channel.hpp"

namespace icom::ssh {

class Engine;
class ListenerState;

/// All calls on the session's executor.
class Listener {
 public:
  /// For Session.
  Listener(std::shared_ptr<Engine> engine, std::shared_ptr<ListenerState> state);
  /// As close().
  ~Listener();
  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&& other) = delete;

  /// The next connection. Throws Error: `closed` after close(), or what ended the session. One call
  /// at a time. Connections that nobody accepts wait, 256 at most; more are refused.
  boost::asio::awaitable<Channel> accept();

  /// The server's port: the one that was asked for, or the one that it chose.
  [[nodiscard]] std::uint16_t port() const;
  /// Tells the server to listen no more. Accepted connections go on. The server is not asked to
  /// confirm it: its port may be held for some milliseconds more.
  void close();

 private:
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<ListenerState> state_;
};

}  // namespace icom::ssh
