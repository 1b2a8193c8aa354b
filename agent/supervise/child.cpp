#include "agent/supervise/child.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
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
    : host_(host),
      plan_(std::move(plan)),
      timings_(timings),
      bell_(executor),
      delay_(timings.first) {}

Child::~Child() {
  if (process_ != 0) host_.forget(process_);
}

awaitable<void> Child::keep() {
  while (!stopping_) {
    if (plan_.runs_elsewhere()) {
      co_await watch_adopted();
      continue;
    }
    const auto started = Clock::now();
    co_await live();
    if (stopping_) break;
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
    // A stop may find a process that cannot be named: that one is left to whoever started it.
    if (stopping_ && adopted_ == 0) break;
    co_await bell_.wait_until(Clock::now() + timings_.poll);
    if (adopted_ == 0) adopted_ = plan_.elsewhere();
  }
  adopted_ = 0;
}

awaitable<void> Child::live() {
  end_.reset();
  try {
    ProcessHost::Handlers handlers;
    handlers.line = [name = plan_.name](std::string_view line) { pass_on(name, line); };
    handlers.ended = [this](ProcessEnd end) {
      end_ = end;
      bell_.ring();
    };
    process_ = host_.start(plan_.command, std::move(handlers));
  } catch (const std::system_error& error) {
    spdlog::error("{}: {}", plan_.name, error.what());
    co_return;
  }
  spdlog::info("{} is started (process {})", plan_.name, process_);
  while (!end_) co_await bell_.wait_until(Clock::time_point::max());
  process_ = 0;
  if (stopping_) {
    spdlog::info("{} has ended ({})", plan_.name, end_->text());
  } else {
    spdlog::warn("{} has ended by itself ({})", plan_.name, end_->text());
  }
}

void Child::stop() {
  stopping_ = true;
  end_running(ProcessSignal::terminate);
  bell_.ring();
}

void Child::kill() {
  end_running(ProcessSignal::kill);
  bell_.ring();
}

void Child::end_running(ProcessSignal signal) {
  if (process_ != 0) host_.send(process_, signal);
  if (adopted_ != 0) host_.send(adopted_, signal);
}

}  // namespace icom::supervise
