// A site's programs under one parent: start here. docs/agent.md, "icom-agent run".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/supervise/child.hpp"
#include "agent/supervise/linac_places.hpp"

namespace icom::supervise {

/// How a stop goes on: docs/agent.md, "icom-agent run".
struct StopTimings {
  /// From stop(): as long as a listener may wait for the end of a beam. The rest is counted from
  /// when all listeners have ended, or this is over.
  std::chrono::milliseconds beams = std::chrono::seconds(80);
  /// Listeners that still live are killed. They need two seconds at most to say goodbye to their
  /// Linacs.
  std::chrono::milliseconds listeners = std::chrono::milliseconds(3500);
  /// The forwarder may send what the listeners left until then; it is stopped as soon as it has.
  std::chrono::milliseconds drain = std::chrono::seconds(5);
  std::chrono::milliseconds forwarder =
      std::chrono::milliseconds(9500);  ///< killed if it still lives
  std::chrono::milliseconds all =
      std::chrono::seconds(10);  ///< what is killed and still there is no business of ours
  std::chrono::milliseconds poll =
      std::chrono::milliseconds(100);  ///< between two looks at the spools
  /// Where the programs are left to the next supervisor: for changes of hands that are under way.
  std::chrono::milliseconds handing_on = std::chrono::seconds(6);
};

/// How long a listener that is not wanted any more may wait for the end of a beam, while all else
/// goes on: nobody waits for it, and a beam that is over is known after ten seconds.
inline constexpr std::chrono::hours kRetireWithin{1};

/// Holds the children, each by itself: the end of one touches no other.
class Supervisor {
 public:
  /// `drained` tells whether waiting for the forwarder is of no use any more: it has sent
  /// everything, or has no connection.
  Supervisor(boost::asio::any_io_executor executor, ProcessHost& host,
             std::vector<ChildPlan> listeners, ChildPlan forwarder, std::function<bool()> drained,
             RestartTimings restart, StopTimings stop);

  /// One more program, which is stopped with the forwarder. Only the first is taken: from then on
  /// it heeds changed settings itself.
  void keep_fan_out(ChildPlan fan_out);

  /// Until stop(), and all have ended; or until leave_all().
  boost::asio::awaitable<void> run();
  /// Listeners first, each as soon as its Linac has no beam on, so that the Linacs get their
  /// goodbye while the forwarder can still send what they left.
  void stop();
  /// The programs go on, for the supervisor that comes next: run() returns once none of them is in
  /// the middle of a change of hands, or soon. Of no effect after stop().
  void leave_all();
  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] bool leaving_all() const { return leaving_all_ && !stopping_; }
  /// After stop(): no beam is waited for any longer.
  void hurry();
  /// Everything that still runs is killed. After stop().
  void kill();
  /// New listeners take over from those that run, without the Linacs noticing.
  void replace_listeners();
  /// From now on these listeners are to run. One that is new is started; one that is not among them
  /// leaves its Linac as soon as no beam is on; one that is to be connected to another address
  /// leaves, too, and then starts anew; one of which only the rest differs is replaced by one that
  /// takes over. The others are not touched. None is started while another one is, or is to be,
  /// connected to its Linac, however the addresses are written. What it does is logged. Also before
  /// run().
  void apply(std::vector<ChildPlan> listeners);
  /// The listeners that are not started yet, and what each of them waits for.
  [[nodiscard]] std::map<std::string, std::string> waiting() const;

 private:
  using Clock = Bell::Clock;

  struct Listener {
    Listener(const boost::asio::any_io_executor& executor, ProcessHost& host, ChildPlan plan,
             RestartTimings timings)
        : child(executor, host, std::move(plan), timings) {}

    Child child;
    bool wanted = true;
    bool was_unwanted = false;  ///< somebody had it end before we did
  };

  /// To be started once no listener has its name or its Linac any more.
  struct Waiting {
    ChildPlan plan;
    bool stays_unwanted = false;  ///< somebody had the one before it end, before we did
    std::string why = {};         ///< it waits, as was last logged
  };

  /// Why a listener is not to be started now.
  struct Obstacle {
    const Listener* other = nullptr;
    std::string why;
  };

  void keep(Child& child);
  void add(ChildPlan plan);
  void retire(Listener& listener);
  void change(Listener& listener, ChildPlan plan);
  void remove_those_that_have_left();
  void start_those_that_may();
  [[nodiscard]] std::optional<Obstacle> in_the_way_of(const ChildPlan& plan);
  [[nodiscard]] std::optional<std::string> why_to_wait_for(const Listener& listener,
                                                           const ChildPlan& plan);
  [[nodiscard]] Clock::time_point next_look() const;
  [[nodiscard]] bool any_leaves() const;
  boost::asio::awaitable<void> stop_in_order();
  [[nodiscard]] bool any_in_between() const;
  boost::asio::awaitable<void> wait_for(std::function<bool()> condition,
                                        Clock::time_point deadline);
  [[nodiscard]] bool listeners_done() const;
  [[nodiscard]] bool readers_done() const;
  void leave_readers_as_they_are();

  boost::asio::any_io_executor executor_;
  ProcessHost& host_;
  RestartTimings restart_timings_;
  LinacPlaces places_;
  std::list<Listener> listeners_;
  std::vector<Waiting> waiting_;
  Child forwarder_;
  std::optional<Child> fan_out_;  ///< stopped with the forwarder
  std::function<bool()> drained_;
  StopTimings stop_timings_;
  Bell bell_;  ///< a child is done, or something was asked for
  bool running_ = false;
  bool stopping_ = false;
  bool leaving_all_ = false;
  bool hurrying_ = false;
  bool killing_ = false;
};

}  // namespace icom::supervise
