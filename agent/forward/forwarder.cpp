#include "agent/forward/forwarder.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "common/asio/deadline.hpp"
#include "common/log/log.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::forward {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

std::string repeats(std::uint64_t left_out) {
  return left_out == 0 ? "" : " (" + std::to_string(left_out) + " times since it was last said)";
}

struct ConnectAttempt {
  std::unique_ptr<MessagePipe> pipe;
  std::optional<LinkFailure> failure;
};

/// Without an exception, which the race against stop() would take for "not finished yet".
awaitable<ConnectAttempt> attempt_connect(const Connector& connect) {
  ConnectAttempt result;
  try {
    result.pipe = co_await connect();
  } catch (const LinkFailure& failure) {
    result.failure = failure;
  }
  co_return result;
}

}  // namespace

Forwarder::Forwarder(asio::any_io_executor executor, LinacStreams& linacs, ForwardStatus identity,
                     ForwarderSurroundings surroundings, ForwarderTimings timings)
    : executor_(std::move(executor)),
      linacs_(linacs),
      surroundings_(std::move(surroundings)),
      timings_(timings),
      backoff_(timings.backoff, surroundings_.random),
      ask_again_(timings.ask_again),
      status_(std::move(identity)),
      pause_(executor_),
      status_pause_(executor_) {
  status_.since_us = os::utc_now_us();
}

awaitable<void> Forwarder::run() {
  using asio::experimental::awaitable_operators::operator&&;
  co_await (session_loop() && status_loop());
}

awaitable<void> Forwarder::session_loop() {
  while (!stopping_) {
    for (const auto& change : std::exchange(changes_, {})) change();
    std::optional<LinkFailure> failure;
    try {
      co_await one_session();
    } catch (const LinkFailure& caught) {
      failure = caught;
    }
    set_connected(false);
    if (!failure || stopping_) continue;
    report(*failure);
    if (!changes_.empty()) continue;
    co_await pause_.wait_until(Clock::now() + backoff_.next());
  }
  done_ = true;
  status_pause_.ring();
}

awaitable<void> Forwarder::one_session() {
  Caller caller = surroundings_.caller();
  const std::unique_ptr<MessagePipe> pipe = co_await connect();
  if (!pipe) co_return;

  SessionHooks hooks{surroundings_.listeners, [this] { gateway_answered(); }};
  LinkSession session(executor_, *pipe, linacs_, std::move(caller), std::move(hooks),
                      timings_.session);
  session_ = &session;
  pipe_ = pipe.get();
  if (stopping_ || !changes_.empty()) session.stop();
  std::optional<LinkFailure> failure;
  try {
    co_await session.run();
  } catch (const LinkFailure& caught) {
    failure = caught;
  }
  session_ = nullptr;
  pipe_ = nullptr;
  ask_refused_again_.reset();
  if (session.welcomed_at() && Clock::now() - *session.welcomed_at() >= timings_.stable) {
    backoff_.reset();
  }
  if (failure) throw LinkFailure(*failure);
}

/// Null when stop() or change() came first.
awaitable<std::unique_ptr<MessagePipe>> Forwarder::connect() {
  using asio::experimental::awaitable_operators::operator||;
  auto outcome = co_await (attempt_connect(surroundings_.connect) ||
                           pause_.wait_until(Clock::time_point::max()));
  if (outcome.index() == 1) co_return nullptr;
  auto& result = std::get<0>(outcome);
  if (result.failure) throw LinkFailure(*result.failure);
  co_return std::move(result.pipe);
}

void Forwarder::gateway_answered() {
  if (!status_.connected) spdlog::info("connected: the gateway welcomes site {}", status_.site);
  set_connected(true);
  failures_.forget();

  bool refused = false;
  for (const auto& linac : linacs_) {
    if (linac.accepted()) {
      refused_linacs_.erase(linac.serial());
      continue;
    }
    // Nobody is to do anything about a Linac that is not the site's any more.
    if (!linac.registered()) continue;
    refused = true;
    const std::string reason = linac.status({}).reason;
    if (const auto unsaid = refused_linacs_[linac.serial()].admit(reason, Clock::now())) {
      spdlog::warn("the gateway does not take Linac {}: {}; its spool keeps everything{}",
                   linac.serial(), reason, repeats(*unsaid));
    }
  }
  if (!refused) {
    ask_again_ = timings_.ask_again;
    ask_refused_again_.reset();
  } else if (!ask_refused_again_) {
    ask_refused_again_.emplace(executor_, ask_again_, [this] {
      ask_again_ = std::min(timings_.ask_again_most, ask_again_ * 2);
      if (session_ != nullptr) session_->stop();
    });
  }
}

void Forwarder::report(const LinkFailure& failure) {
  const std::string text = failure.what();
  status_.last_error = ForwardError{std::string(name_of(failure.kind)), text, os::utc_now_us()};
  if (const auto unsaid = failures_.admit(text, Clock::now())) {
    spdlog::warn("{}; the spool keeps everything, and this is tried again{}", text,
                 repeats(*unsaid));
  }
}

void Forwarder::set_connected(bool connected) {
  if (status_.connected == connected) return;
  status_.connected = connected;
  status_.since_us = os::utc_now_us();
}

ForwardStatus Forwarder::status() const {
  ForwardStatus status = status_;
  for (const auto& linac : linacs_) {
    status.linacs.push_back(
        linac.status(session_ == nullptr ? BytesOnTheWay{} : session_->bytes_on_the_way(linac)));
  }
  if (surroundings_.forwards) status.forwards = surroundings_.forwards();
  return status;
}

awaitable<void> Forwarder::status_loop() {
  ForwardStatus published;
  Clock::time_point published_at{};
  for (;;) {
    ForwardStatus now = status();
    if (now != published || Clock::now() - published_at >= kForwardFileEach) {
      published = now;
      published_at = Clock::now();
      now.written_us = os::utc_now_us();
      surroundings_.publish(now);
    }
    if (done_) break;
    co_await status_pause_.wait_until(Clock::now() + timings_.status_file);
  }
}

void Forwarder::wake() {
  if (session_ != nullptr) session_->wake();
}

void Forwarder::change(std::function<void()> change) {
  changes_.push_back(std::move(change));
  pause_.ring();
  if (session_ != nullptr) session_->stop();
}

void Forwarder::stop() {
  stopping_ = true;
  pause_.ring();
  if (session_ != nullptr) session_->stop();
}

void Forwarder::abort() {
  stop();
  if (pipe_ != nullptr) pipe_->abort();
}

}  // namespace icom::forward
