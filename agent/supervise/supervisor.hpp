// A site's programs under one parent: start here. docs/agent.md, "icom-agent run".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <vector>

#include "agent/supervise/child.hpp"

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
};

/// Holds the children, each by itself: the end of one touches no other.
class Supervisor {
 public:
  /// `drained` tells whether waiting for the forwarder is of no use any more: it has sent
  /// everything, or has no connection.
  Supervisor(boost::asio::any_io_executor executor, ProcessHost& host,
             std::vector<ChildPlan> listeners, ChildPlan forwarder, std::function<bool()> drained,
             RestartTimings restart, StopTimings stop);

  /// Until stop(), and all have ended.
  boost::asio::awaitable<void> run();
  /// Listeners first, each as soon as its Linac has no beam on, so that the Linacs get their
  /// goodbye while the forwarder can still send what they left.
  void stop();
  /// After stop(): no beam is waited for any longer.
  void hurry();
  /// Everything that still runs is killed. After stop().
  void kill();
  /// New listeners take over from those that run, without the Linacs noticing.
  void replace_listeners();

 private:
  using Clock = Bell::Clock;

  void keep(Child& child);
  boost::asio::awaitable<void> stop_in_order();
  boost::asio::awaitable<void> wait_for(std::function<bool()> condition,
                                        Clock::time_point deadline);
  [[nodiscard]] bool listeners_done() const;

  boost::asio::any_io_executor executor_;
  std::deque<Child> listeners_;
  Child forwarder_;
  std::function<bool()> drained_;
  StopTimings stop_timings_;
  Bell stop_bell_;  ///< stop() was called
  Bell bell_;       ///< a child is done
  bool stopping_ = false;
  bool hurrying_ = false;
  bool killing_ = false;
};

}  // namespace icom::supervise
