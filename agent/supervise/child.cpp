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
      pulse_(timings.pulse),
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
    if (plan_.only_if_it_runs) break;
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

awaitable<void> Child::say_goodbye_for(os::Connection left, const char* why) {
  if (!left.valid()) co_return;
  spdlog::warn("{} has left its connection, and {}: FIN", plan_.name, why);
  saying_goodbye_ = true;
  co_await say_goodbye(std::move(left));
  saying_goodbye_ = false;
}

awaitable<void> Child::watch_adopted() {
  adopt(plan_.elsewhere());
  adopted_settings_ = plan_.command;
  spdlog::info("{} runs already (process {}): it is left running, and watched", plan_.name,
               adopted_);
  if (stopping_ && !asking_) ask_to_end();
  const auto give_up_left = Clock::now() + timings_.taken;
  while (plan_.runs_elsewhere()) {
    co_await look_at_adopted();
    look_at_successor();
    if (successor_.lives() && plan_.elsewhere() == successor_.process) {
      ours_ = std::exchange(successor_, {});  // the adopted one has made room for it
      spdlog::info("{} goes on as process {}", plan_.name, ours_.process);
      break;
    }
    kill_if_it_hangs();
    if (unanswered_ == 0) replace_if_due();
    look_whose_it_is();
    end_for_one_of_ours_if_due();
    // A stop may find a process that cannot be named: that one is left to whoever started it.
    if (stopping_ && !asking_ && adopted_ == 0) break;
    // Whoever has come in the place of one that died may have its connection, or its own: what the
    // successor says of that decides, if it comes so far.
    if (left_.valid() && Clock::now() >= give_up_left) {
      co_await say_goodbye_for(std::move(left_), "another one runs");
    }
    const bool soon = left_.valid() || is_ending();
    const auto wait = soon ? std::min(timings_.poll, timings_.ask_again) : timings_.poll;
    co_await bell_.wait_until(Clock::now() + wait);
  }
  look_at_successor();
  adopt(0);
}

/// 0: none, or it is not known which one.
void Child::adopt(ProcessId process) {
  adopted_ = process;
  adopted_since_ = Clock::now();
  unanswered_ = 0;
  hangs_since_ = {};
  told_to_end_ = {};
  told_of_clients_ = false;
}

/// Somebody else's process may have come in the place of the adopted one.
void Child::look_whose_it_is() {
  if (!plan_.runs_elsewhere()) return;
  const ProcessId now = plan_.elsewhere();
  if (now == adopted_ || (successor_.lives() && now == successor_.process)) return;
  adopt(now);
  if (stopping_ && !asking_) ask_to_end();
}

/// An adopted program shows no signs of life here: it is asked. Not while a successor takes over
/// from it: it may then be waiting for its disk.
awaitable<void> Child::look_at_adopted() {
  if (is_ending()) {
    kill_if_it_does_not_end();
    co_return;
  }
  if (adopted_ == 0 || !plan_.answers || successor_.lives()) co_return;
  const bool answers = co_await plan_.answers(timings_.answer);
  if (only_waits_for_disk(adopted_, answers)) {
    seen_at_disk_ = false;
    if (!std::exchange(told_of_disk_, true)) {
      spdlog::error("{} (process {}) does not respond: it waits for its disk, and is left alone",
                    plan_.name, adopted_);
    }
    co_return;
  }
  if (answers) {
    if (hangs_since_ != Clock::time_point{}) spdlog::info("{} responds again", plan_.name);
    unanswered_ = 0;
    hangs_since_ = {};
    co_return;
  }
  if (++unanswered_ < 2) co_return;
  const auto now = Clock::now();
  const bool said = hangs_since_ != Clock::time_point{};
  if (!said) hangs_since_ = now;
  if (is_kept() && now - hangs_since_ < timings_.unkept) {
    if (!said) {
      spdlog::error(
          "{} (process {}) does not respond, and nobody keeps its connection: it is "
          "killed if it does not within {} s",
          plan_.name, adopted_, timings_.unkept.count() / 1000);
    }
    co_return;
  }
  spdlog::error("{} (process {}) does not respond: it is killed", plan_.name, adopted_);
  end_adopted(ProcessSignal::kill);
  unanswered_ = 1;  // nobody takes over from it
  hangs_since_ = {};
}

/// Nobody reads what it logs, nor hears signs of life from it. Only while it tells of itself: one
/// that waits for its disk would end once that answers, and have waited for nothing.
void Child::end_for_one_of_ours_if_due() {
  const auto now = Clock::now();
  if (stopping_ || left_as_it_is_ || plan_.only_if_it_runs || !plan_.would_cut_off) return;
  if (adopted_ == 0 || is_ending() || unanswered_ > 0 || now < end_adopted_from_) return;
  using std::chrono::milliseconds;
  const auto adopted_for = std::chrono::duration_cast<milliseconds>(now - adopted_since_);
  const auto cut_off = plan_.would_cut_off(adopted_for);
  if (!cut_off || host_.waits_for_disk(adopted_)) return;
  if (*cut_off > 0) {
    if (std::exchange(told_of_clients_, true)) return;
    spdlog::info(
        "{} (process {}) has {} open to others, which its end would cut: nobody sees what it logs "
        "until there is none; it is started anew then",
        plan_.name, adopted_,
        *cut_off == 1 ? "1 connection" : std::to_string(*cut_off) + " connections");
    return;
  }
  spdlog::info("{} (process {}) is ended and started anew, so that what it logs is seen",
               plan_.name, adopted_);
  ask_to_end();
  end_adopted_from_ = now + timings_.most;  // whoever comes in its place may be a stranger again
  if (adopted_ != 0) told_to_end_ = now;
}

/// As long as it waits for its disk a kill would end nothing either.
void Child::kill_if_it_does_not_end() {
  const auto now = Clock::now();
  if (host_.waits_for_disk(adopted_)) told_to_end_ = now;
  if (now - told_to_end_ < timings_.end) return;
  spdlog::error("{} (process {}) does not end by itself: it is killed", plan_.name, adopted_);
  told_to_end_ = {};
  end_adopted(ProcessSignal::kill);
}

/// To be asked at each look. A program that reads a Linac is never excused: one that does not read
/// harms it, whatever the reason.
bool Child::only_waits_for_disk(ProcessId process, bool responds) {
  if (responds) {
    seen_at_disk_ = false;
    if (std::exchange(told_of_disk_, false)) spdlog::info("{} responds again", plan_.name);
  } else if (!is_kept() && host_.waits_for_disk(process)) {
    seen_at_disk_ = true;
  }
  return seen_at_disk_;
}

void Child::look_at_ours(Clock::time_point now) {
  const bool responds = ours_.keeper->gives_sign_of_life();
  const bool at_disk = only_waits_for_disk(ours_.process, responds);
  if (!pulse_.hangs(now, responds)) return;
  seen_at_disk_ = false;
  const auto silent = timings_.pulse.silent.count() / 1000;
  if (!at_disk) {
    spdlog::error("{} (process {}) has not responded for {} s: it hangs, and is killed", plan_.name,
                  ours_.process, silent);
    host_.send(ours_.process, ProcessSignal::kill);
  } else if (!std::exchange(told_of_disk_, true)) {
    spdlog::error(
        "{} (process {}) has not responded for {} s: it waits for its disk, and is left alone",
        plan_.name, ours_.process, silent);
  }
}

/// Not the one that is asked to leave either: what hangs says no goodbye, and the keeper does.
void Child::kill_if_it_hangs() {
  const auto now = Clock::now();
  if (ours_.lives() && ours_.heir && now - ours_.started >= timings_.take_over && ours_.keeper &&
      ours_.keeper->waits_for_first_word()) {
    spdlog::error("{} (process {}) has not gone on with the connection within {} s: it is killed",
                  plan_.name, ours_.process, timings_.take_over.count() / 1000);
    ours_.started = now;
    host_.send(ours_.process, ProcessSignal::kill);
  }
  if (ours_.lives() && ours_.keeper && now >= pulse_.next_look()) look_at_ours(now);
  if (successor_.lives() && now - successor_.started >= timings_.take_over) {
    spdlog::error("{}: the new one (process {}) has not taken over within {} s: it is killed",
                  plan_.name, successor_.process, timings_.take_over.count() / 1000);
    successor_.started = now;
    host_.send(successor_.process, ProcessSignal::kill);
  }
}

awaitable<void> Child::live() {
  if (!ours_.lives()) {
    replace_asked_ = false;
    try {
      ours_ = start(plan_.command);
    } catch (const std::system_error& error) {
      spdlog::error("{}: {}", plan_.name, error.what());
      co_return;
    }
  }
  co_await wait_for_end();
  const Running ended = std::exchange(ours_, {});
  const bool handed_over = (*ended.end)->proper() || (ended.handed_over && ended.keeper &&
                                                      ended.keeper->waits_for_first_word());
  if (ended.keeper) {
    os::Connection left = ended.keeper->release();
    if (!left_.valid()) std::swap(left_, left);
    let_go_of(executor_, std::move(left), left_.get());
  }
  // Whoever runs has the connection from the one that ended.
  if (left_.valid() && handed_over && plan_.runs_elsewhere()) left_.reset();
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
  constexpr auto kNever = Clock::time_point::max();
  auto give_up = Clock::now() + timings_.taken;
  pulse_ = Pulse(timings_.pulse);
  seen_at_disk_ = told_of_disk_ = false;
  while (ours_.lives()) {
    const bool offered = ours_.keeper && ours_.keeper->waits_to_be_taken();
    if (offered && Clock::now() >= give_up) {
      co_await say_goodbye_for(ours_.keeper->release(), "the new one does not take it");
      continue;
    }
    Clock::time_point until = std::min(offered ? give_up : kNever, replaces_at());
    if (ours_.keeper) until = std::min(until, pulse_.next_look());
    co_await bell_.wait_until(until);
    kill_if_it_hangs();
    look_at_successor();
    if (!ours_.lives() && successor_.lives()) {
      co_await let_successor_go_on();
      give_up = Clock::now() + timings_.taken;
    }
    replace_if_due();
  }
}

/// It has taken over, or asks its keeper what there is to go on with.
awaitable<void> Child::let_successor_go_on() {
  spdlog::info("{} goes on as process {}", plan_.name, successor_.process);
  const Running before = std::exchange(ours_, std::exchange(successor_, {}));
  const auto keeper = ours_.keeper;
  if (!keeper) co_return;
  os::Connection left = before.keeper ? before.keeper->release() : os::Connection();
  ours_.heir = true;
  ours_.handed_over = (*before.end)->proper();
  // It has died while it said goodbye itself.
  if (left.valid() && !ours_.handed_over && !listen::can_go_on(left.get())) {
    saying_goodbye_ = true;
    co_await say_goodbye(std::exchange(left, os::Connection()));
    saying_goodbye_ = false;
  }
  keeper->inherit(std::move(left));
}

Child::Running Child::start(Command command, bool heir) {
  Running running;
  running.settings = plan_.command;
  if (!plan_.keeper_option.empty()) {
    running.keeper = std::make_shared<Keeper>(executor_, std::move(left_), heir);
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
  running.started = Clock::now();
  spdlog::info("{} is started (process {})", plan_.name, running.process);
  return running;
}

void Child::replace() {
  const bool runs = ours_.lives() || adopted_ != 0;
  if (stopping_ || !runs || !plan_.successor) return;
  replace_asked_ = successor_.lives();
  if (replace_asked_) return;
  try {
    successor_ = start(*plan_.successor, ours_.lives() && ours_.keeper);
  } catch (const std::system_error& error) {
    spdlog::error("{}: {}", plan_.name, error.what());
    replace_from_ = Clock::now() + timings_.most;
  }
}

void Child::change(ChildPlan plan) {
  plan_ = std::move(plan);
  if (has_other_settings() && !successor_.lives()) replace();
  bell_.ring();
}

/// What runs is not yet, or not any more, as the plan says: the one that was to take over has
/// failed, or was started for a change before this one.
bool Child::has_other_settings() const {
  if (!plan_.successor) return false;
  if (ours_.lives()) return ours_.settings != plan_.command;
  return adopted_ != 0 && adopted_settings_ != plan_.command;
}

/// One that we have not started has no keeper: its death would be its connection's.
bool Child::wants_successor() const {
  if (replace_asked_) return true;
  return has_other_settings() || (adopted_ != 0 && plan_.successor && !plan_.keeper_option.empty());
}

/// The end of time: no successor is to be started.
Child::Clock::time_point Child::replaces_at() const {
  if (stopping_ || plan_.only_if_it_runs) return Clock::time_point::max();
  if (successor_.lives() || !wants_successor()) return Clock::time_point::max();
  return replace_from_;
}

void Child::replace_if_due() {
  if (Clock::now() < replaces_at()) return;
  if (adopted_ != 0) {
    spdlog::info("{}: nobody keeps its connection: a new one takes it over", plan_.name);
  } else if (replace_asked_) {
    spdlog::info("{} was to be replaced while it took over: a new one takes over", plan_.name);
  } else {
    spdlog::info("{} has not got its changed settings: a new one takes over", plan_.name);
  }
  replace();
}

/// One that has ended has not taken over, unless it has left a connection.
void Child::look_at_successor() {
  if (successor_.process == 0 || successor_.lives()) return;
  const Running ended = std::exchange(successor_, {});
  os::Connection left = ended.keeper ? ended.keeper->release() : os::Connection();
  const bool has_left = left.valid();
  if (has_left) {
    std::swap(left_, left);
    let_go_of(executor_, std::move(left), left_.get());
  }
  replace_from_ = Clock::now() + timings_.most;
  const auto how = (*ended.end)->text();
  if (has_left) {
    spdlog::error("{}: the new one has ended ({})", plan_.name, how);
  } else {
    spdlog::error("{}: the new one has ended without taking over ({}); the one that runs goes on",
                  plan_.name, how);
  }
}

void Child::stop() {
  stopping_ = true;
  hurried_ = true;
  ask_to_end();
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
                          if (failure || !leaving) ask_to_end();
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

/// What runs, whether it is ours or adopted, ends properly: by its control channel, or else by a
/// signal, which is all that a program of before this channel hears, or one that has not got as
/// far.
void Child::ask_to_end() {
  if (!plan_.ask_to_stop) {
    end_running(ProcessSignal::terminate);
    return;
  }
  ++conversations_;
  boost::asio::co_spawn(executor_, ask_or_signal(), [this](const std::exception_ptr& failure) {
    --conversations_;
    if (failure) end_running(ProcessSignal::terminate);
    bell_.ring();
  });
}

awaitable<void> Child::ask_or_signal() {
  const ProcessId ours = ours_.lives() ? ours_.process : 0;
  const ProcessId adopted = adopted_;
  const auto stops = co_await plan_.ask_to_stop();
  // A successor has no channel of its own before it has taken over.
  if (successor_.lives() && successor_.process != stops) {
    host_.send(successor_.process, ProcessSignal::terminate);
  }
  if (ours != 0 && ours_.lives() && ours_.process == ours && stops != ours) {
    host_.send(ours, ProcessSignal::terminate);
  }
  if (adopted != 0 && adopted_ == adopted && stops != adopted) {
    end_adopted(ProcessSignal::terminate);
  }
}

void Child::end_running(ProcessSignal signal) {
  for (const auto& running : {ours_, successor_}) {
    if (running.lives()) host_.send(running.process, signal);
  }
  if (adopted_ != 0) end_adopted(signal);
}

/// Not whoever has its number by now, or has come in its place.
void Child::end_adopted(ProcessSignal signal) {
  const auto is_it = [this] { return plan_.elsewhere() == adopted_; };
  if (!host_.send_to_other(adopted_, signal, is_it)) {
    spdlog::warn("{}: process {} is not, or is no longer, the one that runs: it gets no signal",
                 plan_.name, adopted_);
    adopted_ = 0;  // until it is looked at again
  }
}

}  // namespace icom::supervise
