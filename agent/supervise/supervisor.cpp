#include "agent/supervise/supervisor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace icom::supervise {

namespace asio = boost::asio;
using asio::awaitable;

Supervisor::Supervisor(asio::any_io_executor executor, ProcessHost& host,
                       std::vector<ChildPlan> listeners, ChildPlan forwarder,
                       std::function<bool()> drained, RestartTimings restart, StopTimings stop)
    : executor_(executor),
      host_(host),
      restart_timings_(restart),
      forwarder_(executor, host, std::move(forwarder), restart),
      drained_(std::move(drained)),
      stop_timings_(stop),
      bell_(executor) {
  for (auto& plan : listeners) add(std::move(plan));
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
    co_await bell_.wait_until(any_leaves() ? Clock::now() + stop_timings_.poll
                                           : Clock::time_point::max());
  }
  if (!stopping_) {
    co_await wait_for([this] { return stopping_ || !any_in_between(); },
                      Clock::now() + stop_timings_.handing_on);
  }
  if (stopping_) co_await stop_in_order();
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
      waiting_.push_back({std::move(plan), before->stays_unwanted});
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
    if (!listener.child.done() || listener.child.waits_to_leave()) return false;
    for (auto& [plan, stays_unwanted, told] : waiting_) {
      if (plan.name == listener.child.name()) stays_unwanted = listener.was_unwanted;
    }
    return true;
  });
}

/// Two connections to one Linac would be one too many, and two programs cannot write one spool.
const Supervisor::Listener* Supervisor::in_the_way_of(const ChildPlan& plan) const {
  const auto found = std::ranges::find_if(listeners_, [&](const Listener& listener) {
    const ChildPlan& other = listener.child.plan();
    return other.name == plan.name ||
           (!plan.connected_to.empty() && other.connected_to == plan.connected_to);
  });
  return found == listeners_.end() ? nullptr : &*found;
}

void Supervisor::start_those_that_may() {
  std::vector<Waiting> waiting = std::exchange(waiting_, {});
  for (auto& next : waiting) {
    const Listener* const other = in_the_way_of(next.plan);
    if (other == nullptr) {
      // It was us who had the one before leave; or nobody did, and whoever enters a Linac wants it
      // recorded.
      if (!next.stays_unwanted && next.plan.want) next.plan.want();
      add(std::move(next.plan));
      continue;
    }
    if (other->child.name() != next.plan.name && !std::exchange(next.told, true)) {
      spdlog::info("{} waits until {} has left {}", next.plan.name, other->child.name(),
                   next.plan.connected_to);
    }
    waiting_.push_back(std::move(next));
  }
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
  bell_.ring();
}

void Supervisor::leave_all() {
  leaving_all_ = true;
  bell_.ring();
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
