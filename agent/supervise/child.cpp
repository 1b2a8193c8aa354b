#include "agent/supervise/child.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <exception>
#include <system_error>
#include <utility>

#include "agent/listen/goodbye.hpp"

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
  // One that runs already may have been asked to leave before this.
  if (stopping_ && plan_.runs_elsewhere()) co_await watch_adopted();
  while (!stopping_) {
    if (!ours_.lives() && plan_.runs_elsewhere()) {
      co_await watch_adopted();
      continue;
    }
    if (!ours_.lives() && plan_.unwanted && plan_.unwanted()) {
      co_await say_goodbye_for(std::move(left_), "none is started");
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
    if (starts_at_once()) {
      spdlog::info("{} is started again at once, for the connection that it has left", plan_.name);
      continue;
    }
    co_await say_goodbye_for(std::move(left_), "it has ended too soon again");
    spdlog::info("{} is started again in {} ms", plan_.name, delay_.count());
    co_await bell_.wait_until(Clock::now() + delay_);
    delay_ = std::min(timings_.most, delay_ * 2);
  }
  co_await say_goodbye_for(std::move(left_), "none is started");
  done_ = true;
}

/// Once: what ends on its own again and again must not keep a Linac waiting.
bool Child::starts_at_once() {
  const auto now = Clock::now();
  if (!left_.valid() || now < at_once_from_) return false;
  at_once_from_ = now + timings_.apart;
  return true;
}

awaitable<void> Child::say_goodbye_for(os::Descriptor left, const char* why) {
  if (!left.valid()) co_return;
  spdlog::warn("{} has left its connection, and {}: FIN", plan_.name, why);
  co_await say_goodbye(std::move(left));
}

awaitable<void> Child::watch_adopted() {
  adopted_ = plan_.elsewhere();
  adopted_settings_ = plan_.command;
  spdlog::info("{} runs already (process {}): it is left running, and watched", plan_.name,
               adopted_);
  if (stopping_ && !asking_) end_running(ProcessSignal::terminate);
  while (plan_.runs_elsewhere()) {
    look_at_successor();
    if (successor_.lives() && plan_.elsewhere() == successor_.process) {
      ours_ = std::exchange(successor_, {});  // the adopted one has made room for it
      break;
    }
    replace_if_due();
    // A stop may find a process that cannot be named: that one is left to whoever started it.
    if (stopping_ && !asking_ && adopted_ == 0) {
      left_.reset();
      break;
    }
    co_await bell_.wait_until(Clock::now() + timings_.poll);
    // Whoever has come in the place of the one that ended has its connection from it, or its own.
    if (plan_.runs_elsewhere()) left_.reset();
    if (adopted_ == 0) adopted_ = plan_.elsewhere();
  }
  look_at_successor();
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
  co_await wait_for_end();
  const Running ended = std::exchange(ours_, {});
  if (ended.keeper && !left_.valid()) left_ = ended.keeper->release();
  // It has died while it said goodbye itself.
  if (left_.valid() && !listen::can_go_on(left_.get())) co_await say_goodbye(std::move(left_));
  const auto end = **ended.end;
  if (stopping_) {
    spdlog::info("{} has ended ({})", plan_.name, end.text());
  } else {
    spdlog::warn("{} has ended by itself ({})", plan_.name, end.text());
  }
}

awaitable<void> Child::wait_for_end() {
  const auto give_up = Clock::now() + timings_.taken;
  while (ours_.lives()) {
    const bool offered = ours_.keeper && ours_.keeper->waits_to_be_taken();
    if (offered && Clock::now() >= give_up) {
      co_await say_goodbye_for(ours_.keeper->release(), "the new one does not take it");
      continue;
    }
    co_await bell_.wait_until(
        std::min(offered ? give_up : Clock::time_point::max(), replaces_at()));
    look_at_successor();
    if (!ours_.lives() && successor_.lives()) {
      spdlog::info("{} goes on as process {}", plan_.name, successor_.process);
      if (ours_.keeper) successor_.keeper->inherit(ours_.keeper->release());
      ours_ = std::exchange(successor_, {});
    }
    replace_if_due();
  }
}

Child::Running Child::start(Command command) {
  Running running;
  running.settings = plan_.command;
  if (!plan_.keeper_option.empty()) {
    running.keeper = std::make_shared<Keeper>(executor_, std::move(left_));
    command.pass = running.keeper->programs_end();
    command.arguments.push_back(plan_.keeper_option);
    command.arguments.push_back(std::to_string(kPassedDescriptor));
  }
  running.end = std::make_shared<std::optional<ProcessEnd>>();
  ProcessHost::Handlers handlers;
  handlers.line = [name = plan_.name](std::string_view line) { pass_on(name, line); };
  handlers.ended = [this, end = running.end](ProcessEnd how) {
    *end = how;
    bell_.ring();
  };
  try {
    running.process = host_.start(command, std::move(handlers));
  } catch (const std::system_error&) {
    if (running.keeper) left_ = running.keeper->release();
    throw;
  }
  if (running.keeper) running.keeper->started();
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
    replace_from_ = Clock::now() + timings_.most;
  }
}

void Child::change(ChildPlan plan) {
  plan_ = std::move(plan);
  if (has_other_settings()) replace();
  bell_.ring();
}

/// What runs is not yet, or not any more, as the plan says: the one that was to take over has
/// failed, or was started for a change before this one.
bool Child::has_other_settings() const {
  if (!plan_.successor) return false;
  if (ours_.lives()) return ours_.settings != plan_.command;
  return adopted_ != 0 && adopted_settings_ != plan_.command;
}

/// The end of time: no successor is to be started.
Child::Clock::time_point Child::replaces_at() const {
  if (stopping_ || successor_.lives() || !has_other_settings()) return Clock::time_point::max();
  return replace_from_;
}

void Child::replace_if_due() {
  if (Clock::now() < replaces_at()) return;
  spdlog::info("{} has not got its changed settings: a new one takes over", plan_.name);
  replace();
}

/// One that has ended has not taken over, unless it has left a connection.
void Child::look_at_successor() {
  if (successor_.process == 0 || successor_.lives()) return;
  const Running ended = std::exchange(successor_, {});
  if (ended.keeper) left_ = ended.keeper->release();
  replace_from_ = Clock::now() + timings_.most;
  const auto how = (*ended.end)->text();
  if (left_.valid()) {
    spdlog::error("{}: the new one has ended ({})", plan_.name, how);
  } else {
    spdlog::error("{}: the new one has ended without taking over ({}); the one that runs goes on",
                  plan_.name, how);
  }
}

void Child::stop() {
  stopping_ = true;
  hurried_ = true;
  end_running(ProcessSignal::terminate);
  bell_.ring();
}

void Child::leave(std::chrono::milliseconds within) {
  const bool runs = ours_.lives() || successor_.lives() || plan_.runs_elsewhere();
  if (!runs || !plan_.ask_to_leave) {
    stop();
    return;
  }
  stopping_ = true;
  asking_ = true;
  boost::asio::co_spawn(executor_, ask_until_it_leaves(within),
                        [this](const std::exception_ptr& failure, bool leaving) {
                          asking_ = false;
                          if (failure || !leaving) end_running(ProcessSignal::terminate);
                          bell_.ring();
                        });
}

/// A signal would cut off a beam for which there is time: it comes only after one that hangs has
/// had its chances.
awaitable<bool> Child::ask_until_it_leaves(std::chrono::milliseconds within) {
  const auto latest = Clock::now() + within;
  Bell pause(executor_);
  auto asked = Clock::now();
  for (auto give_up = asked + timings_.ask_for;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(latest - asked);
    const bool leaving = co_await plan_.ask_to_leave(left);
    if (leaving) co_return true;
    const auto now = Clock::now();
    // It has talked for long, and only then broken off.
    if (now - asked >= timings_.ask_for) give_up = now + timings_.ask_for;
    asked = now + timings_.ask_again;
    if (done_ || hurried_ || asked >= std::min(give_up, latest)) co_return false;
    co_await pause.wait_until(asked);
    if (done_ || hurried_) co_return false;
  }
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
