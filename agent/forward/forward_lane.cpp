#include "agent/forward/forward_lane.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <exception>
#include <utility>

#include "common/log/log.hpp"

namespace icom::forward {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

struct Attempt {
  std::shared_ptr<ssh::Session> session;
  std::string failure;
};

/// Without an exception, which the race against stop() would take for "not finished yet".
awaitable<Attempt> attempt(const ForwardLane::Connect& connect) {
  Attempt result;
  try {
    result.session = co_await connect();
  } catch (const std::exception& error) {
    result.failure = error.what();
  }
  co_return result;
}

}  // namespace

ForwardLane::ForwardLane(asio::any_io_executor executor, Connect connect, Backoff::Random random,
                         LaneTimings timings)
    : executor_(std::move(executor)),
      connect_(std::move(connect)),
      timings_(timings),
      backoff_(timings.backoff, std::move(random)),
      pause_(executor_) {}

awaitable<void> ForwardLane::run() {
  const auto self = shared_from_this();
  while (!stopping_) {
    co_await one_session();
    if (!stopping_) co_await pause_.wait_until(Bell::Clock::now() + backoff_.next());
  }
}

awaitable<void> ForwardLane::one_session() {
  using asio::experimental::awaitable_operators::operator||;
  auto outcome = co_await (attempt(connect_) || pause_.wait_until(Bell::Clock::time_point::max()));
  if (outcome.index() == 1) co_return;
  Attempt& result = std::get<0>(outcome);
  if (!result.session) {
    report(result.failure);
    co_return;
  }
  session_ = std::move(result.session);
  const auto began = Bell::Clock::now();
  failures_.forget();
  for (const auto& forward : forwards_) forward->begin(session_);
  if (!stopping_) co_await watch(session_);
  for (const auto& forward : forwards_) forward->end();
  if (Bell::Clock::now() - began >= timings_.stable) backoff_.reset();

  const auto session = std::exchange(session_, nullptr);
  if (stopping_) {
    session_ = session;  // for abort()
    co_await session->close(timings_.close);
    session_ = nullptr;
    co_return;
  }
  const auto failure = session->failure();
  session->abort();
  report(failure ? failure->what() : "the hosting site's sshd does not answer");
}

awaitable<void> ForwardLane::watch(std::shared_ptr<ssh::Session> session) {
  using asio::experimental::awaitable_operators::operator||;
  co_await (session->ended() || keep_asking(session) ||
            pause_.wait_until(Bell::Clock::time_point::max()));
}

/// Returns when the server does not answer. What else ends a session is seen by others. An answer
/// may stand behind seconds of a bulk copy on a slow line: whatever else comes meanwhile is one,
/// too.
awaitable<void> ForwardLane::keep_asking(std::shared_ptr<ssh::Session> session) {
  asio::steady_timer pause(executor_);
  for (bool alive = true; alive;) {
    pause.expires_after(timings_.ask);
    co_await pause.async_wait(asio::use_awaitable);
    const std::uint64_t received = session->bytes_received();
    try {
      co_await session->ping(timings_.answer);
    } catch (const ssh::Error&) {
      alive = session->is_open() && session->bytes_received() != received;
    }
  }
}

void ForwardLane::report(const std::string& failure) {
  last_failure_ = failure;
  for (const auto& forward : forwards_) forward->note_tunnel_failure(failure);
  if (const auto unsaid = failures_.admit(failure, Bell::Clock::now())) {
    spdlog::warn("forwards: {}; this is tried again{}", failure,
                 *unsaid == 0 ? "" : " (" + std::to_string(*unsaid) + " times since last said)");
  }
}

void ForwardLane::add(std::shared_ptr<PortForward> forward) {
  if (session_ && !stopping_) {
    forward->begin(session_);
  } else if (!last_failure_.empty()) {
    forward->note_tunnel_failure(last_failure_);
  }
  forwards_.push_back(std::move(forward));
}

void ForwardLane::remove(const std::shared_ptr<PortForward>& forward) {
  forward->end();
  std::erase(forwards_, forward);
}

void ForwardLane::stop() {
  stopping_ = true;
  for (const auto& forward : forwards_) forward->end();
  pause_.ring();
}

void ForwardLane::abort() {
  stop();
  if (session_) session_->abort();
}

}  // namespace icom::forward
