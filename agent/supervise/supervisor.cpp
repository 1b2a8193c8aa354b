#include "agent/supervise/supervisor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace icom::supervise {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

/// Names may stand for other machines by then.
constexpr std::chrono::seconds kPlacesAgain{5};

/// Those at other ports need no name server.
bool may_be_one_linac(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty()) return false;
  const auto first = config::parse_address(one, config::kIcomPort);
  const auto second = config::parse_address(other, config::kIcomPort);
  return !first || !second || first->port == second->port;
}

}  // namespace

Supervisor::Supervisor(asio::any_io_executor executor, ProcessHost& host,
                       std::vector<ChildPlan> listeners, ChildPlan forwarder,
                       std::function<bool()> drained, RestartTimings restart, StopTimings stop)
    : executor_(executor),
      host_(host),
      restart_timings_(restart),
      places_(executor, [this] { bell_.ring(); }),
      forwarder_(executor, host, std::move(forwarder), restart),
      drained_(std::move(drained)),
      stop_timings_(stop),
      bell_(executor) {
  for (auto& plan : listeners) {
    // What runs is looked after, whatever its address.
    if (plan.runs_elsewhere()) {
      add(std::move(plan));
    } else {
      waiting_.push_back({.plan = std::move(plan), .stays_unwanted = true});
    }
  }
  start_those_that_may();
}

void Supervisor::keep_fan_out(ChildPlan fan_out) {
  if (fan_out_ || stopping_) return;
  fan_out_.emplace(executor_, host_, std::move(fan_out), restart_timings_);
  if (running_) keep(*fan_out_);
}

awaitable<void> Supervisor::run() {
  // keep() ends only after stop(), and run() only after every keep(), or when a killed process has
  // not ended in time.
  for (auto& listener : listeners_) keep(listener.child);
  keep(forwarder_);
  if (fan_out_) keep(*fan_out_);
  running_ = true;
  while (!stopping_ && !leaving_all_) {
    remove_those_that_have_left();
    start_those_that_may();
    co_await bell_.wait_until(next_look());
  }
  if (!stopping_) {
    co_await wait_for([this] { return stopping_ || !any_in_between(); },
                      Clock::now() + stop_timings_.handing_on);
  }
  if (stopping_) co_await stop_in_order();
}

Supervisor::Clock::time_point Supervisor::next_look() const {
  if (any_leaves()) return Clock::now() + stop_timings_.poll;
  return waiting_.empty() ? Clock::time_point::max() : Clock::now() + kPlacesAgain;
}

bool Supervisor::any_in_between() const {
  return std::ranges::any_of(listeners_,
                             [](const Listener& listener) { return listener.child.in_between(); });
}

void Supervisor::add(ChildPlan plan) {
  listeners_.emplace_back(executor_, host_, std::move(plan), restart_timings_);
  if (running_) keep(listeners_.back().child);
}

void Supervisor::apply(std::vector<ChildPlan> listeners) {
  if (stopping_) return;
  const auto waited = std::exchange(waiting_, {});
  for (auto& listener : listeners_) {
    const auto same_name = [&](const ChildPlan& plan) {
      return plan.name == listener.child.name();
    };
    const auto wanted = std::ranges::find_if(listeners, same_name);
    if (wanted == listeners.end()) {
      if (listener.wanted) {
        spdlog::info("{} is not wanted any more: it leaves once no beam is on",
                     listener.child.name());
      }
      listener.wanted = false;
      retire(listener);
    } else {
      // Whoever enters a Linac again wants it recorded, whatever was before.
      if (!std::exchange(listener.wanted, true)) listener.was_unwanted = false;
      change(listener, std::move(*wanted));
      listeners.erase(wanted);
    }
  }
  for (auto& plan : listeners) {
    const auto before = std::ranges::find_if(
        waited, [&](const Waiting& waiting) { return waiting.plan.name == plan.name; });
    if (before == waited.end()) {
      spdlog::info("{} is new", plan.name);
      waiting_.push_back({.plan = std::move(plan)});
    } else {
      waiting_.push_back({std::move(plan), before->stays_unwanted, before->why});
    }
  }
  start_those_that_may();
  bell_.ring();
}

void Supervisor::change(Listener& listener, ChildPlan plan) {
  Child& child = listener.child;
  if (child.stopping()) {
    waiting_.push_back({.plan = std::move(plan)});
  } else if (plan.connected_to != child.plan().connected_to) {
    spdlog::info("{} is to be connected to {}: it leaves {} once no beam is on", child.name(),
                 plan.connected_to, child.plan().connected_to);
    waiting_.push_back({.plan = std::move(plan)});
    retire(listener);
  } else if (plan.command != child.plan().command) {
    spdlog::info("{} has other settings: a new one takes over", child.name());
    child.change(std::move(plan));
  }
}

void Supervisor::retire(Listener& listener) {
  if (listener.child.stopping()) return;
  // One that nobody wanted to run has left before, and the next one is not wanted either.
  const ChildPlan& plan = listener.child.plan();
  listener.was_unwanted = plan.unwanted && plan.unwanted();
  listener.child.leave(kRetireWithin);
}

/// All of them before any is started: two that exchange their addresses wait for each other.
void Supervisor::remove_those_that_have_left() {
  std::erase_if(listeners_, [this](const Listener& listener) {
    if (!listener.child.done() || listener.child.talks()) return false;
    for (auto& [plan, stays_unwanted, why] : waiting_) {
      if (plan.name == listener.child.name()) stays_unwanted = listener.was_unwanted;
    }
    return true;
  });
}

/// Two connections to one Linac would be one too many, and two programs cannot write one spool.
std::optional<Supervisor::Obstacle> Supervisor::in_the_way_of(const ChildPlan& plan) {
  for (const auto& listener : listeners_) {
    if (auto why = why_to_wait_for(listener, plan)) return Obstacle{&listener, *std::move(why)};
  }
  return std::nullopt;
}

/// Empty: that is being looked up. One that is to stay where it is costs `plan` its Linac for good,
/// so what cannot be told keeps `plan` waiting only for one that leaves: its listener looks, too,
/// before it connects.
std::optional<std::string> Supervisor::why_to_wait_for(const Listener& listener,
                                                       const ChildPlan& plan) {
  const ChildPlan& other = listener.child.plan();
  const bool leaves = listener.child.stopping();
  const std::string until = leaves ? ", and leaves once no beam is on" : "";
  if (other.name == plan.name) return other.name + " is still connected" + until;
  if (!may_be_one_linac(plan.connected_to, other.connected_to)) return std::nullopt;

  const auto ours = places_.find(plan.connected_to);
  const auto peer = other.peer ? other.peer() : std::nullopt;
  bool asked = !ours;
  bool known = false;
  for (const std::string& text : {other.connected_to, peer.value_or(other.connected_to)}) {
    const auto theirs = places_.find(text);
    asked = asked || !theirs;
    known = known || (theirs && theirs->known());
    if (text != plan.connected_to && !(ours && theirs && ours->meets(*theirs))) continue;
    return plan.connected_to + (text == plan.connected_to ? "" : ", which is " + text + ",") +
           " is the Linac of " + other.name + until;
  }
  if (asked) return std::string();
  if (!leaves || (known && ours->known())) return std::nullopt;
  return "whether " + plan.connected_to + " is the Linac of " + other.name + " (" +
         other.connected_to + ") cannot be told, for want of a name server's answer" + until;
}

void Supervisor::start_those_that_may() {
  std::vector<Waiting> waiting = std::exchange(waiting_, {});
  for (auto& next : waiting) {
    auto obstacle = in_the_way_of(next.plan);
    if (!obstacle) {
      // It was us who had the one before leave; or nobody did, and whoever enters a Linac wants it
      // recorded.
      if (!next.stays_unwanted && next.plan.want) next.plan.want();
      add(std::move(next.plan));
      continue;
    }
    if (obstacle->why.empty()) {
      // What was told before may still be so.
      if (next.why.empty()) next.why = "its address is being looked up";
    } else if (next.why != obstacle->why) {
      next.why = std::move(obstacle->why);
      if (obstacle->other->child.name() != next.plan.name) {
        spdlog::info("{} is not started yet: {}", next.plan.name, next.why);
      }
    }
    waiting_.push_back(std::move(next));
  }
}

std::map<std::string, std::string> Supervisor::waiting() const {
  std::map<std::string, std::string> reasons;
  for (const auto& next : waiting_) reasons[next.plan.name] = next.why;
  return reasons;
}

bool Supervisor::any_leaves() const {
  return std::ranges::any_of(listeners_,
                             [](const Listener& listener) { return listener.child.stopping(); });
}

void Supervisor::keep(Child& child) {
  asio::co_spawn(executor_, child.keep(), [this](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    bell_.ring();
  });
}

awaitable<void> Supervisor::stop_in_order() {
  waiting_.clear();
  for (auto& listener : listeners_) {
    if (!listener.child.stopping()) listener.child.leave(stop_timings_.beams);
  }
  const auto waits = [](const Listener& listener) { return listener.child.waits_to_leave(); };
  co_await wait_for(
      [&] { return hurrying_ || std::none_of(listeners_.begin(), listeners_.end(), waits); },
      Clock::now() + stop_timings_.beams);

  const auto start = Clock::now();
  for (auto& listener : listeners_) {
    if (waits(listener)) listener.child.stop();
  }
  co_await wait_for([this] { return listeners_done(); }, start + stop_timings_.listeners);
  for (auto& listener : listeners_) {
    if (listener.child.done()) continue;
    spdlog::error("{} does not end by itself: it is killed", listener.child.name());
    listener.child.kill();
  }

  co_await wait_for([this] { return killing_ || drained_(); }, start + stop_timings_.drain);
  forwarder_.stop();
  if (fan_out_) fan_out_->stop();
  co_await wait_for([this] { return readers_done(); }, start + stop_timings_.forwarder);
  for (Child* reader : {&forwarder_, fan_out_ ? &*fan_out_ : nullptr}) {
    if (reader == nullptr || reader->done()) continue;
    spdlog::error("{} does not end by itself: it is killed", reader->name());
    reader->kill();
  }
  co_await wait_for([this] { return readers_done() && listeners_done(); },
                    start + stop_timings_.all);
}

awaitable<void> Supervisor::wait_for(std::function<bool()> condition, Clock::time_point deadline) {
  while (!condition() && Clock::now() < deadline) {
    co_await bell_.wait_until(std::min(deadline, Clock::now() + stop_timings_.poll));
  }
}

bool Supervisor::listeners_done() const {
  return std::all_of(listeners_.begin(), listeners_.end(),
                     [](const Listener& listener) { return listener.child.done(); });
}

bool Supervisor::readers_done() const {
  return forwarder_.done() && (!fan_out_ || fan_out_->done());
}

void Supervisor::stop() {
  stopping_ = true;
  leave_readers_as_they_are();
  bell_.ring();
}

void Supervisor::leave_all() {
  leaving_all_ = true;
  leave_readers_as_they_are();
  bell_.ring();
}

/// What the listeners leave is sent by the forwarder that has its connection.
void Supervisor::leave_readers_as_they_are() {
  forwarder_.leave_as_it_is();
  if (fan_out_) fan_out_->leave_as_it_is();
}

void Supervisor::hurry() {
  hurrying_ = true;
  bell_.ring();
}

void Supervisor::replace_listeners() {
  for (auto& listener : listeners_) listener.child.replace();
}

void Supervisor::kill() {
  hurrying_ = true;
  killing_ = true;
  for (auto& listener : listeners_) listener.child.kill();
  forwarder_.stop();
  forwarder_.kill();
  if (fan_out_) {
    fan_out_->stop();
    fan_out_->kill();
  }
  bell_.ring();
}

}  // namespace icom::supervise
