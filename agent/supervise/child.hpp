// One program under supervision.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "agent/supervise/process_host.hpp"
#include "common/asio/bell.hpp"

namespace icom::supervise {

struct RestartTimings {
  std::chrono::milliseconds first = std::chrono::seconds(1);  ///< after an end
  std::chrono::milliseconds most = std::chrono::seconds(30);  ///< doubling up to this
  std::chrono::milliseconds healthy =
      std::chrono::minutes(1);  ///< a life this long starts from `first` again
  std::chrono::milliseconds poll =
      std::chrono::seconds(1);  ///< between two looks at an adopted process
};

/// What is to run, and how one that runs already is recognised.
struct ChildPlan {
  std::string name;  ///< in front of its lines
  Command command;
  std::function<bool()>
      runs_elsewhere;  ///< true while a process that we did not start does this work
  std::function<ProcessId()> elsewhere;  ///< which one; 0 if that is not known
};

/// Keeps its program running until stop(); knows nothing of other children. A program that runs
/// already, left by a supervisor that was killed, is adopted: watched, stopped when we stop,
/// replaced when it ends. All on one executor.
class Child {
 public:
  /// `host` must outlive this.
  Child(const boost::asio::any_io_executor& executor, ProcessHost& host, ChildPlan plan,
        RestartTimings timings);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Returns once stop() was called and the program has ended.
  boost::asio::awaitable<void> keep();
  /// Asks the program to end, and starts no other.
  void stop();
  /// Ends it. After stop().
  void kill();

  [[nodiscard]] const std::string& name() const { return plan_.name; }
  [[nodiscard]] bool done() const { return done_; }

 private:
  using Clock = Bell::Clock;

  boost::asio::awaitable<void> watch_adopted();
  boost::asio::awaitable<void> live();
  void end_running(ProcessSignal signal);

  ProcessHost& host_;
  ChildPlan plan_;
  RestartTimings timings_;
  Bell bell_;
  ProcessId process_ = 0;            ///< ours, while it runs
  ProcessId adopted_ = 0;            ///< another's, while it runs and is known
  std::optional<ProcessEnd> end_;    ///< of the last one of ours
  std::chrono::milliseconds delay_;  ///< before the next start
  bool stopping_ = false;
  bool done_ = false;
};

}  // namespace icom::supervise
