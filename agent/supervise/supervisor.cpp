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
      forwarder_(executor, host, std::move(forwarder), restart),
      drained_(std::move(drained)),
      stop_timings_(stop),
      stop_bell_(executor),
      bell_(executor) {
  for (auto& plan : listeners) listeners_.emplace_back(executor, host, std::move(plan), restart);
}

awaitable<void> Supervisor::run() {
  // keep() ends only after stop(), and run() only after every keep(), or when a killed process has
  // not ended in time.
  for (auto& listener : listeners_) keep(listener);
  keep(forwarder_);
  while (!stopping_) co_await stop_bell_.wait_until(Clock::time_point::max());
  co_await stop_in_order();
}

void Supervisor::keep(Child& child) {
  asio::co_spawn(executor_, child.keep(), [this](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    bell_.ring();
  });
}

awaitable<void> Supervisor::stop_in_order() {
  for (auto& listener : listeners_) listener.leave(stop_timings_.beams);
  const auto waits = [](const Child& listener) { return listener.waits_to_leave(); };
  co_await wait_for(
      [&] { return hurrying_ || std::none_of(listeners_.begin(), listeners_.end(), waits); },
      Clock::now() + stop_timings_.beams);

  const auto start = Clock::now();
  for (auto& listener : listeners_) {
    if (waits(listener)) listener.stop();
  }
  co_await wait_for([this] { return listeners_done(); }, start + stop_timings_.listeners);
  for (auto& listener : listeners_) {
    if (listener.done()) continue;
    spdlog::error("{} does not end by itself: it is killed", listener.name());
    listener.kill();
  }

  co_await wait_for([this] { return killing_ || drained_(); }, start + stop_timings_.drain);
  forwarder_.stop();
  co_await wait_for([this] { return forwarder_.done(); }, start + stop_timings_.forwarder);
  if (!forwarder_.done()) {
    spdlog::error("{} does not end by itself: it is killed", forwarder_.name());
    forwarder_.kill();
  }
  co_await wait_for([this] { return forwarder_.done() && listeners_done(); },
                    start + stop_timings_.all);
}

awaitable<void> Supervisor::wait_for(std::function<bool()> condition, Clock::time_point deadline) {
  while (!condition() && Clock::now() < deadline) {
    co_await bell_.wait_until(std::min(deadline, Clock::now() + stop_timings_.poll));
  }
}

bool Supervisor::listeners_done() const {
  return std::all_of(listeners_.begin(), listeners_.end(),
                     [](const Child& listener) { return listener.done(); });
}

void Supervisor::stop() {
  stopping_ = true;
  stop_bell_.ring();
}

void Supervisor::hurry() {
  hurrying_ = true;
  bell_.ring();
}

void Supervisor::replace_listeners() {
  for (auto& listener : listeners_) listener.replace();
}

void Supervisor::kill() {
  hurrying_ = true;
  killing_ = true;
  for (auto& listener : listeners_) listener.kill();
  forwarder_.stop();
  forwarder_.kill();
  bell_.ring();
}

}  // namespace icom::supervise
