#include "agent/supervise/child.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <exception>
#include <system_error>
#include <utility>

namespace icom::supervise {

using boost::asio::awaitable;

namespace {

/// Lines of a child carry its own time and level; all they need is whose they are.
void pass_on(const std::string& name, std::string_view line) {
  const std::string whole = name + " | " + std::string(line) + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stderr);
}

}  // namespace

Child::Child(const boost::asio::any_io_executor& executor, ProcessHost& host, ChildPlan plan,
             RestartTimings timings)
    : executor_(executor),
      host_(host),
      plan_(std::move(plan)),
      timings_(timings),
      bell_(executor),
      delay_(timings.first) {}

Child::~Child() {
  for (const auto& running : {ours_, successor_}) {
    if (running.lives()) host_.forget(running.process);
  }
}

awaitable<void> Child::keep() {
  bool told_unwanted = false;
  while (!stopping_) {
    if (!ours_.lives() && plan_.runs_elsewhere()) {
      co_await watch_adopted();
      continue;
    }
    if (!ours_.lives() && plan_.unwanted && plan_.unwanted()) {
      if (!std::exchange(told_unwanted, true)) {
        spdlog::warn("{} was asked to leave: it is not started again until somebody resumes it",
                     plan_.name);
      }
      co_await bell_.wait_until(Clock::now() + timings_.poll);
      continue;
    }
    if (std::exchange(told_unwanted, false)) delay_ = timings_.first;
    const auto started = Clock::now();
    co_await live();
    if (stopping_) break;
    if (plan_.unwanted && plan_.unwanted()) continue;
    if (Clock::now() - started >= timings_.healthy) delay_ = timings_.first;
    spdlog::info("{} is started again in {} ms", plan_.name, delay_.count());
    co_await bell_.wait_until(Clock::now() + delay_);
    delay_ = std::min(timings_.most, delay_ * 2);
  }
  done_ = true;
}

awaitable<void> Child::watch_adopted() {
  adopted_ = plan_.elsewhere();
  spdlog::info("{} runs already (process {}): it is left running, and watched", plan_.name,
               adopted_);
  if (stopping_) end_running(ProcessSignal::terminate);
  while (plan_.runs_elsewhere()) {
    look_at_successor();
    if (successor_.lives() && plan_.elsewhere() == successor_.process) {
      ours_ = std::exchange(successor_, {});  // the adopted one has made room for it
      break;
    }
    // A stop may find a process that cannot be named: that one is left to whoever started it.
    if (stopping_ && adopted_ == 0) break;
    co_await bell_.wait_until(Clock::now() + timings_.poll);
    if (adopted_ == 0) adopted_ = plan_.elsewhere();
  }
  adopted_ = 0;
}

awaitable<void> Child::live() {
  if (!ours_.lives()) {
    try {
      ours_ = start(plan_.command);
    } catch (const std::system_error& error) {
      spdlog::error("{}: {}", plan_.name, error.what());
      co_return;
    }
  }
  while (ours_.lives()) {
    co_await bell_.wait_until(Clock::time_point::max());
    look_at_successor();
    if (!ours_.lives() && successor_.lives()) {
      spdlog::info("{} goes on as process {}", plan_.name, successor_.process);
      ours_ = std::exchange(successor_, {});
    }
  }
  const auto end = **std::exchange(ours_, {}).end;
  if (stopping_) {
    spdlog::info("{} has ended ({})", plan_.name, end.text());
  } else {
    spdlog::warn("{} has ended by itself ({})", plan_.name, end.text());
  }
}

Child::Running Child::start(const Command& command) {
  Running running;
  running.end = std::make_shared<std::optional<ProcessEnd>>();
  ProcessHost::Handlers handlers;
  handlers.line = [name = plan_.name](std::string_view line) { pass_on(name, line); };
  handlers.ended = [this, end = running.end](ProcessEnd how) {
    *end = how;
    bell_.ring();
  };
  running.process = host_.start(command, std::move(handlers));
  spdlog::info("{} is started (process {})", plan_.name, running.process);
  return running;
}

void Child::replace() {
  const bool runs = ours_.lives() || adopted_ != 0;
  if (stopping_ || !runs || !plan_.successor || successor_.lives()) return;
  try {
    successor_ = start(*plan_.successor);
  } catch (const std::system_error& error) {
    spdlog::error("{}: {}", plan_.name, error.what());
  }
}

/// One that has ended has not taken over.
void Child::look_at_successor() {
  if (successor_.process == 0 || successor_.lives()) return;
  spdlog::error("{}: the new one has ended without taking over ({}); the one that runs goes on",
                plan_.name, (*successor_.end)->text());
  successor_ = {};
}

void Child::stop() {
  stopping_ = true;
  end_running(ProcessSignal::terminate);
  bell_.ring();
}

void Child::leave(std::chrono::milliseconds within) {
  const bool runs = ours_.lives() || adopted_ != 0;
  if (!runs || !plan_.ask_to_leave) {
    stop();
    return;
  }
  stopping_ = true;
  asking_ = true;
  boost::asio::co_spawn(executor_, plan_.ask_to_leave(within),
                        [this](const std::exception_ptr& failure, bool leaving) {
                          asking_ = false;
                          if (failure || !leaving) end_running(ProcessSignal::terminate);
                          bell_.ring();
                        });
}

void Child::kill() {
  end_running(ProcessSignal::kill);
  bell_.ring();
}

void Child::end_running(ProcessSignal signal) {
  for (const auto& running : {ours_, successor_}) {
    if (running.lives()) host_.send(running.process, signal);
  }
  if (adopted_ != 0) host_.send(adopted_, signal);
}

}  // namespace icom::supervise
