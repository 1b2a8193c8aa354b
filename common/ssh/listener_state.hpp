// What stands behind a Listener: its libssh2 listener, and the channels that wait to be accepted.
// Not for users of the library.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <deque>
#include <memory>

#include "common/ssh/condition.hpp"

struct _LIBSSH2_LISTENER;

namespace icom::ssh {

class ChannelState;
class Engine;

/// Shared by a Listener and, while libssh2 knows it, the engine. Runs on the session's executor
/// only.
class ListenerState {
 public:
  /// Connections beyond these are refused by libssh2, as long as nobody accepts.
  static constexpr int kMaxWaiting = 256;

  ListenerState(Engine& engine, _LIBSSH2_LISTENER* listener, std::uint16_t port);
  ~ListenerState();
  ListenerState(const ListenerState&) = delete;
  ListenerState& operator=(const ListenerState&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The next connection, oldest first; null if none waits.
  std::shared_ptr<ChannelState> take();
  /// Notified when a connection waits, and when none will come any more.
  [[nodiscard]] Condition& changed() { return changed_; }
  /// The server is told to listen no more; what waits is closed.
  void close();
  [[nodiscard]] bool is_open() const { return listener_ != nullptr && !closing_; }

  // For the engine.

  /// Lets libssh2 do all that it can for this listener now. Negative: the session has failed.
  int service();
  /// libssh2 has forgotten it.
  [[nodiscard]] bool finished() const { return listener_ == nullptr; }
  void session_ended();

 private:
  int accept_all();

  Engine* engine_;  ///< both are null once libssh2 knows the listener no more
  _LIBSSH2_LISTENER* listener_;
  std::uint16_t port_;
  std::deque<std::shared_ptr<ChannelState>> waiting_;
  bool closing_ = false;
  Condition changed_;
};

}  // namespace icom::ssh
