// A program's signs of life for the supervisor that started it. docs/agent.md, "The keeper".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/listen/keeper_link.hpp"

namespace icom::listen {

/// Beats each kBeatEach on the executor that the program's work hangs on: whoever hears it knows
/// that the work goes on. A listener's does so past the disk; where that executor waits for the
/// disk, as a forwarder's does, it is silent, and the supervisor sees the disk for the reason. One
/// thread, that of the executor.
class Heartbeat {
 public:
  Heartbeat(const boost::asio::any_io_executor& executor, KeeperLink keeper);

  /// Beats from now on, if the keeper wants it.
  void start(bool wanted);
  void stop();
  /// The disk may be waited for until the next beat.
  void busy() const;

 private:
  void beat();

  KeeperLink keeper_;
  boost::asio::steady_timer timer_;
  bool wanted_ = false;
};

}  // namespace icom::listen
