// What a service manager wants to be told of a service: systemd's notifications (sd_notify(3), a
// documented and stable protocol of datagrams), and nothing where there is no such manager.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace icom::os {

/// Never waits; what cannot be said is not. One thread at a time.
class ServiceManager {
 public:
  /// Whoever started this process told it where to report. Takes that out of the environment: the
  /// programs that are started from here have nothing to report.
  static ServiceManager from_environment();
  /// Puts it back, for the program that this process becomes.
  void leave_in_environment() const;
  /// Reports to nobody.
  ServiceManager() = default;

  /// The service works from now on.
  void ready() const { say("READY=1"); }
  /// The event loop runs. A manager that was told to watch kills the process without it.
  void alive() const { say("WATCHDOG=1"); }
  void stopping() const { say("STOPPING=1"); }
  /// A stop goes on as it should, and this must be said again within that time.
  void needs(std::chrono::microseconds time) const;

 private:
  explicit ServiceManager(std::string socket) : socket_(std::move(socket)) {}
  void say(std::string_view state) const;

  std::string socket_;  ///< a path, or an abstract name after '@'; empty: there is none
};

}  // namespace icom::os
