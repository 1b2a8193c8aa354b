#include "agent/forward/port_forward.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "agent/forward/local_forward.hpp"
#include "agent/forward/remote_forward.hpp"
#include "common/log/log.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::forward {

namespace asio = boost::asio;
using asio::awaitable;

std::shared_ptr<PortForward> PortForward::make(asio::any_io_executor executor,
                                               config::ForwardSettings settings,
                                               PortForwardTimings timings) {
  if (settings.direction == config::ForwardDirection::local) {
    return std::make_shared<LocalForward>(std::move(executor), std::move(settings), timings);
  }
  return std::make_shared<RemoteForward>(std::move(executor), std::move(settings), timings);
}

PortForward::PortForward(asio::any_io_executor executor, config::ForwardSettings settings,
                         PortForwardTimings timings)
    : executor_(std::move(executor)), settings_(std::move(settings)), timings_(timings) {
  status_.name = settings_.name;
  status_.direction = settings_.direction == config::ForwardDirection::local ? "local" : "remote";
  status_.listen = settings_.listen.text();
  status_.target = settings_.target.text();
  set_state(PortForwardState::waiting);
  use_rate();
}

bool PortForward::can_become(const config::ForwardSettings& wanted) const {
  config::ForwardSettings changed = settings_;
  changed.max_connections = wanted.max_connections;
  changed.max_rate = wanted.max_rate;
  return changed == wanted;
}

void PortForward::change(const config::ForwardSettings& wanted) {
  const bool other_rate = wanted.max_rate != settings_.max_rate;
  settings_ = wanted;
  if (other_rate) use_rate();
}

void PortForward::use_rate() {
  line_to_target_.set_rate(settings_.max_rate);
  line_from_target_.set_rate(settings_.max_rate);
}

void PortForward::begin(std::shared_ptr<ssh::Session> session) {
  end();
  run_ = std::make_shared<Run>(executor_, std::move(session));
  set_state(PortForwardState::opening);
  asio::co_spawn(executor_, serve(run_), asio::detached);
}

void PortForward::end() {
  const RunPtr run = std::exchange(run_, nullptr);
  if (!run) return;
  run->ended = true;
  run->pause.ring();
  run->over.notify();
  if (run->close_port) run->close_port();
  for (Relay* const one : run->relays) one->close();
  server_refuses_ = false;
  set_state(PortForwardState::waiting);
}

void PortForward::move(std::shared_ptr<ssh::Session> session) {
  if (!run_) return begin(std::move(session));
  run_->session = std::move(session);
  moved(*run_);
}

awaitable<void> PortForward::serve(RunPtr run) {
  const auto self = shared_from_this();
  auto delay = timings_.retry;
  while (!run->ended) {
    const auto session = run->session;
    std::string failure;
    try {
      co_await listen(run);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    run->close_port = nullptr;
    if (run->ended) break;
    if (run->session != session) {
      co_await settle(session);
      continue;
    }
    // Whoever gave us a session looks after its end.
    if (!session->is_open()) break;
    if (status_.state == name_of(PortForwardState::up)) delay = timings_.retry;
    set_state(PortForwardState::refused);
    note_failure(failure);
    co_await run->pause.wait_until(Bell::Clock::now() + delay);
    delay = std::min(timings_.retry_most, delay * 2);
  }
}

/// The server answers in order: after this it listens for `session` no more, and the port is free
/// for the next one.
awaitable<void> PortForward::settle(std::shared_ptr<ssh::Session> session) {
  constexpr std::chrono::seconds kLimit{2};
  try {
    co_await session->ping(kLimit);
  } catch (const ssh::Error&) {
    // Then the port is free, or will be; it is tried again.
  }
}

void PortForward::note_refusal() {
  server_refuses_ = true;
  set_state(PortForwardState::refused);
  if (on_refusal_) on_refusal_();
}

void PortForward::end_refusal() {
  if (!std::exchange(server_refuses_, false)) return;
  set_state(PortForwardState::up);
  failures_.forget();
}

void PortForward::port_is_open() {
  server_refuses_ = false;
  set_state(PortForwardState::up);
  failures_.forget();
  spdlog::info("forward {}: listens at {}{}, for {}", status_.name, status_.listen,
               settings_.direction == config::ForwardDirection::local ? "" : " of the hosting site",
               status_.target);
}

bool PortForward::admit() {
  if (status_.connections >= settings_.max_connections) {
    ++status_.connections_refused;
    note_failure("a connection was refused: " + std::to_string(status_.connections) +
                 " are open, and max_connections allows no more");
    return false;
  }
  ++status_.connections;
  ++status_.connections_total;
  return true;
}

void PortForward::carry(awaitable<void> work) {
  asio::co_spawn(executor_, std::move(work),
                 [self = shared_from_this()](const std::exception_ptr& thrown) {
                   --self->status_.connections;
                   if (!thrown) return;
                   try {
                     std::rethrow_exception(thrown);
                   } catch (const std::exception& error) {
                     self->note_failure(error.what());
                   }
                 });
}

awaitable<void> PortForward::relay(RunPtr run, asio::ip::tcp::socket socket, ssh::Channel channel) {
  if (run->ended) co_return;
  const bool local = settings_.direction == config::ForwardDirection::local;
  Relay::Flow to_target{status_.bytes_to_target, line_to_target_};
  Relay::Flow from_target{status_.bytes_from_target, line_from_target_};
  Relay relay(std::move(socket), std::move(channel), local ? to_target : from_target,
              local ? from_target : to_target);
  struct Listed {
    Run& run;
    Relay* relay;
    ~Listed() { run.relays.erase(relay); }
  };
  run->relays.insert(&relay);
  const Listed listed{*run, &relay};
  co_await relay.run();
}

void PortForward::note_failure(const std::string& text) {
  note_failure(text, text);
}

void PortForward::note_failure(const std::string& text, const std::string& logged) {
  status_.last_failure = text;
  status_.last_failure_us = os::utc_now_us();
  if (const auto unsaid = failures_.admit(logged, Bell::Clock::now())) {
    spdlog::warn("forward {}: {}{}", status_.name, logged,
                 *unsaid == 0 ? "" : " (" + std::to_string(*unsaid) + " times since last said)");
  }
}

void PortForward::note_target_refusal(const std::string& text) {
  if (status_.target_refusals++ == 0) status_.target_refuses_since_us = os::utc_now_us();
  note_failure(text, text + "; connections are accepted at " + status_.listen +
                         ", and end, until its target takes one");
}

void PortForward::note_target_reached() {
  const auto refused = std::exchange(status_.target_refusals, 0);
  status_.target_refuses_since_us = 0;
  if (refused == 0) return;
  failures_.forget();
  spdlog::info("forward {}: its target {} takes connections again, after {} that it did not take",
               status_.name, status_.target, refused);
}

void PortForward::note_tunnel_failure(const std::string& why) {
  status_.last_failure = why;
  status_.last_failure_us = os::utc_now_us();
}

void PortForward::set_state(PortForwardState state) {
  const std::string name(name_of(state));
  if (status_.state == name) return;
  status_.state = name;
  status_.since_us = os::utc_now_us();
}

PortForwardStatus PortForward::status() const {
  PortForwardStatus status = status_;
  if (server_refuses_ && !with_refusal_.empty()) status.last_failure += "; " + with_refusal_;
  return status;
}

}  // namespace icom::forward
