// An action that is taken unless its scope ends in time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace icom {

/// Runs `action` on the executor when the time has passed; never after the destructor, not even if
/// the timer had already expired by then.
class Deadline {
 public:
  Deadline(const boost::asio::any_io_executor& executor, std::chrono::milliseconds time,
           std::function<void()> action)
      : timer_(executor, time), state_(std::make_shared<State>()) {
    state_->action = std::move(action);
    timer_.async_wait([state = state_](boost::system::error_code cancelled) {
      if (cancelled || !state->action) return;
      state->passed = true;
      const auto act = std::exchange(state->action, nullptr);
      act();
    });
  }
  ~Deadline() { state_->action = nullptr; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  [[nodiscard]] bool passed() const { return state_->passed; }

 private:
  struct State {
    std::function<void()> action;
    bool passed = false;
  };
  boost::asio::steady_timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace icom
