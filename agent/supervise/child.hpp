// One program under supervision.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/supervise/keeper.hpp"
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
  /// One that leaves a connection behind is started again at once, if that has not been so within
  /// this time; otherwise the Linac gets its goodbye.
  std::chrono::milliseconds apart = std::chrono::seconds(2);
  /// A connection that is not taken within this gets its goodbye, too. The kernel holds more of the
  /// stream than that.
  std::chrono::milliseconds taken = std::chrono::seconds(10);
  /// One that could not be asked to leave is asked again so often, for so long: one that has just
  /// been started, or hands its connection over, answers soon.
  std::chrono::milliseconds ask_again = std::chrono::milliseconds(100);
  std::chrono::milliseconds ask_for = std::chrono::seconds(10);
};

/// What is to run, and how one that runs already is recognised.
struct ChildPlan {
  std::string name;  ///< in front of its lines
  Command command;
  std::function<bool()>
      runs_elsewhere;  ///< true while a process that we did not start does this work
  std::function<ProcessId()> elsewhere;  ///< which one; 0 if that is not known

  /// Its option for the number of a descriptor: the socket to the keeper of its connection. Empty:
  /// it has no connection that is to outlive it.
  std::string keeper_option;

  /// Asks whichever runs to end at a moment that harms nobody, within that time; false if it could
  /// not be asked. Empty: a signal is as good.
  std::function<boost::asio::awaitable<bool>(std::chrono::milliseconds within)> ask_to_leave;
  /// True while somebody has had it end who wants none started. Empty: never.
  std::function<bool()> unwanted;
  /// Takes that back. Empty: there is nothing to take back.
  std::function<void()> want;
  /// What it is connected to. A successor goes on with the connection of the one that runs, so it
  /// must be connected to the same.
  std::string connected_to;
  /// A program that takes the work over from the one that runs, which ends by itself then. Empty:
  /// there is none.
  std::optional<Command> successor;
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
  /// Asks the program to end now, and starts no other.
  void stop();
  /// As stop(), but at a moment that harms nobody, within that time.
  void leave(std::chrono::milliseconds within);
  /// Lets the plan's successor take over, if there is one and the program runs.
  void replace();
  /// From now on this is to run: the same work with other options. What runs is replaced by the
  /// plan's successor, if there is one; otherwise the next start counts. A successor that fails is
  /// tried again later.
  void change(ChildPlan plan);
  /// Ends it. After stop().
  void kill();

  [[nodiscard]] const std::string& name() const { return plan_.name; }
  [[nodiscard]] const ChildPlan& plan() const { return plan_; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] bool done() const { return done_; }
  /// After leave(): that moment has not come.
  [[nodiscard]] bool waits_to_leave() const { return asking_; }

 private:
  using Clock = Bell::Clock;

  /// One that we have started.
  struct Running {
    ProcessId process = 0;  ///< 0: none
    Command settings;       ///< the plan's command when it was started
    std::shared_ptr<std::optional<ProcessEnd>> end;
    std::shared_ptr<Keeper> keeper;  ///< none if the plan wants none

    [[nodiscard]] bool lives() const { return process != 0 && !*end; }
  };

  boost::asio::awaitable<void> watch_adopted();
  boost::asio::awaitable<void> live();
  boost::asio::awaitable<void> wait_for_end();
  boost::asio::awaitable<void> say_goodbye_for(os::Descriptor left, const char* why);
  boost::asio::awaitable<bool> ask_until_it_leaves(std::chrono::milliseconds within);
  [[nodiscard]] bool starts_at_once();
  Running start(Command command);
  void look_at_successor();
  [[nodiscard]] bool has_other_settings() const;
  [[nodiscard]] Clock::time_point replaces_at() const;
  void replace_if_due();
  void end_running(ProcessSignal signal);

  boost::asio::any_io_executor executor_;
  ProcessHost& host_;
  ChildPlan plan_;
  RestartTimings timings_;
  Bell bell_;
  Running ours_;
  Running successor_;                 ///< ours too, as long as it has not taken over
  ProcessId adopted_ = 0;             ///< another's, while it runs and is known
  Command adopted_settings_;          ///< taken to be those of the plan when it was adopted
  Clock::time_point replace_from_{};  ///< a successor has failed: none is started before
  std::chrono::milliseconds delay_;   ///< before the next start
  os::Descriptor left_;               ///< the connection of the program that ended, for the next
  Clock::time_point at_once_from_{};  ///< a program that left one may be started again at once
  bool stopping_ = false;
  bool asking_ = false;  ///< the program has been asked to leave, and has not answered that it does
  bool hurried_ = false;  ///< it is not asked again
  bool done_ = false;
};

}  // namespace icom::supervise
