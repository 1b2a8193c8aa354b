// What icom-listen does between its command line and its end: one listener, and those who ask it to
// leave or to hand over. Start here, then listener.hpp.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/listen/heartbeat.hpp"
#include "agent/listen/listener.hpp"
#include "common/asio/bell.hpp"
#include "common/control/server.hpp"

namespace icom::listen {

/// In a Linac's spool folder while its listener was asked to leave and none is wanted until
/// somebody says so: whoever keeps listeners running starts none meanwhile. A listener that starts
/// removes it.
inline constexpr const char* kDrainedFile = "drained";

/// One thread, that of `io`.
class ListenProgram {
 public:
  /// `ended` is called once, on `io`: the connection is closed or handed over, or `failure` tells
  /// why there is no listener any more. The destructor then waits until everything received is in
  /// the spool. `io` and `files` must outlive it.
  ListenProgram(boost::asio::io_context& io, os::FileSystem& files, ListenerSettings settings,
                std::function<void(std::exception_ptr failure)> ended);
  ~ListenProgram();
  ListenProgram(const ListenProgram&) = delete;
  ListenProgram& operator=(const ListenProgram&) = delete;

  /// Both before `io` runs; both throw std::exception if the spool cannot be used. Goes on with the
  /// connection that a keeper has, if it has one.
  void start();
  /// As start(), but with the connection of the listener that runs already, if one does; that one
  /// ends. Also throws if it does not hand over; it goes on then.
  void take_over();

  /// FIN to the Linac, whatever it does.
  void stop();
  /// Called when somebody asks for a stop on the control channel, in the place of stop(). Before
  /// start().
  void when_asked_to_stop(std::function<void()> action) { asked_to_stop_ = std::move(action); }

  /// After `ended`: Listener::finish().
  Lost finish();

 private:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;

  void begin(Handover held, bool wants_beats);
  void make_first_listener();
  void make_listener(Remains before = {});
  void prepare_control();
  void folder_looked_at(spool::FolderState state);
  void connection_over();
  void end(std::exception_ptr failure = nullptr);
  boost::asio::awaitable<void> drain(control::Call& call);
  boost::asio::awaitable<void> leave_to_the_other();
  [[nodiscard]] const char* why_leave_now(Clock::time_point limit) const;
  boost::asio::awaitable<void> hand_over(control::Call& call);
  boost::asio::awaitable<bool> offer(control::Channel& peer, const Handover& held);
  boost::asio::awaitable<void> go_on_with(Handover held, Remains before = {});
  void mark_drained();

  boost::asio::io_context& io_;
  os::FileSystem& files_;
  const ListenerSettings settings_;
  const std::filesystem::path folder_;
  std::function<void(std::exception_ptr)> ended_;
  std::function<void()> asked_to_stop_ = [this] { stop(); };
  control::Server control_;                 ///< outlives the listener, whose thread looks at it
  std::atomic<bool> folder_taken_ = false;  ///< by another listener
  std::unique_ptr<Listener> listener_;      ///< none while the connection is between two listeners
  Heartbeat heartbeat_;
  bool handing_over_ = false;
  bool declined_ = false;  ///< the last one offered: by an older listener, it may be
  bool stopping_ = false;
  bool leaving_to_the_other_ = false;
  GivenUp given_up_;  ///< by listeners of this process that are over
  Bell let_go_;       ///< the listener reads no further
};

}  // namespace icom::listen
