#include "agent/forward/forward_lane.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
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

constexpr std::size_t kMostEarlier = 2;

struct LaneAttempt {
  std::shared_ptr<ssh::Session> session;
  std::string failure;
};

/// Without an exception, which the race against stop() would take for "not finished yet".
awaitable<LaneAttempt> attempt_lane(const ForwardLane::Connect& connect) {
  LaneAttempt result;
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
      backoff_(timings.backoff, random),
      pause_(executor_),
      stopped_(executor_),
      wanting_(executor_),
      fresh_pace_(timings.fresh, std::move(random)) {}

awaitable<void> ForwardLane::run() {
  const auto self = shared_from_this();
  while (!stopping_) {
    co_await one_session();
    if (!stopping_) co_await pause_.wait_until(Bell::Clock::now() + backoff_.next());
  }
}

awaitable<void> ForwardLane::one_session() {
  using asio::experimental::awaitable_operators::operator||;
  auto outcome =
      co_await (attempt_lane(connect_) || pause_.wait_until(Bell::Clock::time_point::max()));
  if (outcome.index() == 1) co_return;
  LaneAttempt& result = std::get<0>(outcome);
  if (!result.session) {
    report(result.failure);
    co_return;
  }
  session_ = std::move(result.session);
  const auto began = Bell::Clock::now();
  failures_.forget();
  renew_ = false;
  fresh_pace_.reset();
  next_fresh_ = began + fresh_pace_.next();
  for (const auto& forward : forwards_) forward->begin(session_);
  while (!stopping_) {
    co_await watch(session_);
    if (stopping_ || !fresh_) break;
    adopt_fresh();
  }
  fresh_ = nullptr;
  permitted_.clear();
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
  co_await (session->ended() || keep_asking(session) || find_fresh() ||
            pause_.wait_until(Bell::Clock::time_point::max()));
}

/// Returns when there is a session, in fresh_, that the forwards should move to.
awaitable<void> ForwardLane::find_fresh() {
  const auto never = Bell::Clock::time_point::max();
  while (!fresh_) {
    say_what_is_waited_for();
    if (!wants_fresh() || earlier_.size() >= kMostEarlier) {
      co_await wanting_.wait_until(never);
    } else if (Bell::Clock::now() < next_fresh_) {
      co_await wanting_.wait_until(next_fresh_);
    } else {
      co_await try_fresh();
    }
  }
}

bool ForwardLane::wants_fresh() const {
  return renew_ || std::any_of(forwards_.begin(), forwards_.end(),
                               [](const auto& forward) { return forward->server_refuses(); });
}

void ForwardLane::say_what_is_waited_for() {
  const std::string text = earlier_.size() < kMostEarlier
                               ? ""
                               : "connections that were open before the last two changes are "
                                 "waited for: only when those "
                                 "of one of the two SSH sessions have ended is there another login";
  for (const auto& forward : forwards_) forward->say_with_refusal(text);
}

awaitable<void> ForwardLane::try_fresh() {
  if (Bell::Clock::now() - next_fresh_ >= timings_.fresh.most) fresh_pace_.reset();
  const LaneAttempt result = co_await attempt_lane(connect_);
  const auto connected = Bell::Clock::now();
  next_fresh_ = connected + fresh_pace_.next();
  if (!result.session) co_return;  // the session that there is will notice what is wrong, if it is

  // A target that does not answer keeps the rest of them waiting for the next time.
  std::vector<std::shared_ptr<PortForward>> permitted;
  const auto asked = forwards_;
  for (const auto& forward : asked) {
    if (Bell::Clock::now() - connected >= timings_.ask_fresh) break;
    if (!forward->server_refuses()) continue;
    if (co_await forward->permitted_in(result.session)) permitted.push_back(forward);
  }
  if (permitted.empty() && !renew_) {
    co_await result.session->close(timings_.close);
    co_return;
  }
  renew_ = false;
  permitted_ = std::move(permitted);
  fresh_ = result.session;
}

void ForwardLane::adopt_fresh() {
  const auto before = std::exchange(session_, std::exchange(fresh_, nullptr));
  for (const auto& forward : forwards_) forward->move(session_);
  for (const auto& forward : std::exchange(permitted_, {})) {
    if (std::count(forwards_.begin(), forwards_.end(), forward) > 0) forward->server_permits();
  }
  spdlog::info("forwards: moved to a new SSH session; the earlier one ends with its connections");
  earlier_.push_back(before);
  asio::co_spawn(executor_, let_end(before), asio::detached);
}

/// Until no connection is left in `session`, which no forward uses any more.
awaitable<void> ForwardLane::emptied(std::shared_ptr<ssh::Session> session) {
  // By its answer, what the forwards ask last of this session has been asked.
  try {
    co_await session->ping(timings_.answer);
  } catch (const ssh::Error&) {
    // keep_asking() sees what that means.
  }
  co_await session->idle();
}

/// Until `session` has no connection left, or is gone, or all is stopped.
awaitable<void> ForwardLane::let_end(std::shared_ptr<ssh::Session> session) {
  using asio::experimental::awaitable_operators::operator||;
  const auto self = shared_from_this();
  const auto outcome =
      co_await (session->ended() || keep_asking(session) || emptied(session) || stopped());
  if (outcome.index() >= 2) co_await session->close(timings_.close);
  session->abort();
  std::erase(earlier_, session);
  wanting_.ring();
}

awaitable<void> ForwardLane::stopped() {
  const auto self = shared_from_this();
  while (!self->stopping_) {
    co_await self->stopped_.wait();
  }
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
  forward->on_refusal([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wanting_.ring();
  });
  if (session_ && !stopping_) {
    forward->begin(session_);
    if (forward->settings().direction == config::ForwardDirection::local) renew_ = true;
    fresh_pace_.reset();
    next_fresh_ = Bell::Clock::now();
    wanting_.ring();
  } else if (!last_failure_.empty()) {
    forward->note_tunnel_failure(last_failure_);
  }
  forwards_.push_back(std::move(forward));
}

void ForwardLane::remove(const std::shared_ptr<PortForward>& forward) {
  forward->end();
  forward->on_refusal(nullptr);
  std::erase(forwards_, forward);
}

void ForwardLane::stop() {
  stopping_ = true;
  for (const auto& forward : forwards_) forward->end();
  pause_.ring();
  stopped_.notify();
}

void ForwardLane::abort() {
  stop();
  if (session_) session_->abort();
  for (const auto& session : std::vector(earlier_)) session->abort();
}

}  // namespace icom::forward
