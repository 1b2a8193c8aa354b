// One program under supervision.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/supervise/keeper.hpp"
#include "agent/supervise/process_host.hpp"
#include "agent/supervise/pulse.hpp"
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
  /// When a program of ours is taken for one that hangs.
  PulseTimings pulse;
  /// An adopted program has this long to answer; one that does not, twice running, hangs.
  std::chrono::milliseconds answer = std::chrono::milliseconds(1500);
  /// An adopted one that hangs and whose connection nobody keeps may yet wake up: to kill it is a
  /// FIN or a reset for its Linac. The kernel holds more of the stream than this.
  std::chrono::milliseconds unkept = std::chrono::seconds(15);
  /// A successor that has neither taken over nor ended by then is killed.
  std::chrono::milliseconds take_over = std::chrono::seconds(20);
  /// An adopted one that is to make room for one of ours is killed if it has not ended by then.
  std::chrono::milliseconds end = std::chrono::seconds(10);
};

/// What is to run, and how one that runs already is recognised.
struct ChildPlan {
  std::string name;  ///< in front of its lines
  Command command;
  std::function<bool()>
      runs_elsewhere;  ///< true while a process that we did not start does this work
  std::function<ProcessId()> elsewhere;  ///< which one; 0 if that is not known

  /// Whether one that we did not start answers, `within` that time. Empty: it cannot be asked.
  std::function<boost::asio::awaitable<bool>(std::chrono::milliseconds within)> answers;

  /// Its option for the number of a descriptor: the socket to its Keeper, through which it shows
  /// that it runs, and has its connection kept, if it has one. Empty: it knows of no keeper.
  std::string keeper_option;

  /// Asks whichever runs to end now. The process that says it does; nullopt: none has answered in
  /// time. Empty: it cannot be asked, and gets a signal.
  std::function<boost::asio::awaitable<std::optional<ProcessId>>()> ask_to_stop = {};

  /// Asks whichever runs to end at a moment that harms nobody, within that time; false if it could
  /// not be asked. Empty: a signal is as good.
  std::function<boost::asio::awaitable<bool>(std::chrono::milliseconds within)> ask_to_leave;
  /// True while somebody has had it end who wants none started. Empty: never.
  std::function<bool()> unwanted;
  /// Takes that back. Empty: there is nothing to take back.
  std::function<void()> want;
  /// Where it does not run, it is not started.
  bool only_if_it_runs = false;
  /// What it is connected to. A successor goes on with the connection of the one that runs, so it
  /// must be connected to the same.
  std::string connected_to;
  /// ADDRESS:PORT that the one that runs tells to be connected to: its name may have had another
  /// address then. nullopt: it tells of none. Empty: it cannot be asked.
  std::function<std::optional<std::string>()> peer;
  /// A program that takes the work over from the one that runs, which ends by itself then. Empty:
  /// there is none.
  std::optional<Command> successor;
  /// Whom the end of the one that runs would cut off, as it has told within that time; nullopt: it
  /// has not told then, or none could come in its place. Only of one without a Linac, whose end
  /// costs nothing else. Empty: it is not ended for the sake of one of ours.
  std::function<std::optional<std::uint64_t>(std::chrono::milliseconds lately)> would_cut_off;
};

/// Keeps its program running until stop(); knows nothing of other children. A program that hangs is
/// killed, and started again; not one that waits for its disk and has no Linac's connection: a kill
/// would not end that wait, and would cost its connections. One that runs already, left by a
/// supervisor that was killed, is adopted: its successor takes over from it at once, if there is
/// one, so that its connection is kept; otherwise it is watched, stopped when we stop, replaced
/// when it ends. What it logs is seen by nobody, so one whose end costs nothing is ended, and ours
/// started in its place. All on one executor.
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
  /// Lets the plan's successor take over, if there is one and the program runs. While another one
  /// takes over that one is replaced in its turn: it may be of before.
  void replace();
  /// From now on this is to run: the same work with other options. What runs is replaced by the
  /// plan's successor, if there is one; otherwise the next start counts. A successor that fails is
  /// tried again later.
  void change(ChildPlan plan);
  /// From now on nothing is ended for the sake of one of ours in its place: all is about to stop.
  void leave_as_it_is() { left_as_it_is_ = true; }
  /// Ends it. After stop().
  void kill();

  [[nodiscard]] const std::string& name() const { return plan_.name; }
  [[nodiscard]] const ChildPlan& plan() const { return plan_; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] bool done() const { return done_; }
  /// A connection that nobody reads hangs on this: it is to be handed on, or gets its goodbye.
  [[nodiscard]] bool in_between() const {
    return left_.valid() || saying_goodbye_ || successor_.lives() ||
           (ours_.lives() && ours_.heir && ours_.keeper && ours_.keeper->waits_for_first_word());
  }
  /// After leave(): that moment has not come.
  [[nodiscard]] bool waits_to_leave() const { return asking_; }
  /// A conversation with the program is under way, which needs this object.
  [[nodiscard]] bool talks() const { return asking_ || conversations_ > 0; }

 private:
  using Clock = Bell::Clock;

  /// One that we have started.
  struct Running {
    ProcessId process = 0;  ///< 0: none
    Command settings;       ///< the plan's command when it was started
    std::shared_ptr<std::optional<ProcessEnd>> end;
    std::shared_ptr<Keeper> keeper;  ///< none if the plan wants none
    Clock::time_point started{};
    bool heir = false;  ///< it was the successor of one that has ended
    /// That one has ended properly: whoever has its connection has it from its hand.
    bool handed_over = false;

    [[nodiscard]] bool lives() const { return process != 0 && !*end; }
  };

  boost::asio::awaitable<void> watch_adopted();
  void adopt(ProcessId process);
  boost::asio::awaitable<void> look_at_adopted();
  [[nodiscard]] bool is_ending() const { return told_to_end_ != Clock::time_point{}; }
  void kill_if_it_does_not_end();
  void end_for_one_of_ours_if_due();
  boost::asio::awaitable<void> live();
  boost::asio::awaitable<void> wait_for_end();
  boost::asio::awaitable<void> say_goodbye_for(os::Connection left, const char* why);
  boost::asio::awaitable<bool> ask_until_it_leaves(std::chrono::milliseconds within);
  [[nodiscard]] bool starts_at_once();
  Running start(Command command, bool heir = false);
  boost::asio::awaitable<void> let_successor_go_on();
  void look_whose_it_is();
  void look_at_successor();
  void kill_if_it_hangs();
  void look_at_ours(Clock::time_point now);
  [[nodiscard]] bool only_waits_for_disk(ProcessId process, bool responds);
  [[nodiscard]] bool is_kept() const { return !plan_.connected_to.empty(); }
  [[nodiscard]] bool has_other_settings() const;
  [[nodiscard]] bool wants_successor() const;
  [[nodiscard]] Clock::time_point replaces_at() const;
  void replace_if_due();
  void ask_to_end();
  boost::asio::awaitable<void> ask_or_signal();
  void end_running(ProcessSignal signal);
  void end_adopted(ProcessSignal signal);

  boost::asio::any_io_executor executor_;
  ProcessHost& host_;
  ChildPlan plan_;
  RestartTimings timings_;
  Bell bell_;
  Running ours_;
  Running successor_;                ///< ours too, as long as it has not taken over
  ProcessId adopted_ = 0;            ///< another's, while it runs and is known
  Command adopted_settings_;         ///< taken to be those of the plan when it was adopted
  int unanswered_ = 0;               ///< times running that the adopted one did not answer
  Clock::time_point hangs_since_{};  ///< the adopted one; as far as we have seen
  Clock::time_point adopted_since_{};
  Clock::time_point told_to_end_{};  ///< the adopted one, for one of ours; or waits for its disk
  Clock::time_point end_adopted_from_{};  ///< one was told to: the next one is not before
  bool told_of_clients_ = false;          ///< that its end would cut somebody off
  Pulse pulse_;                           ///< of ours_
  bool seen_at_disk_ = false;             ///< since it was last judged
  bool told_of_disk_ = false;             ///< that it waits for its disk, since it last responded
  bool replace_asked_ = false;            ///< for once the successor that lives has taken over
  Clock::time_point replace_from_{};      ///< a successor has failed: none is started before
  std::chrono::milliseconds delay_;       ///< before the next start
  os::Connection left_;               ///< the connection of the program that ended, for the next
  Clock::time_point at_once_from_{};  ///< a program that left one may be started again at once
  bool stopping_ = false;
  bool asking_ = false;  ///< the program has been asked to leave, and has not answered that it does
  bool hurried_ = false;   ///< it is not asked again
  int conversations_ = 0;  ///< in which it is asked to stop
  bool saying_goodbye_ = false;
  bool left_as_it_is_ = false;
  bool done_ = false;
};

}  // namespace icom::supervise
