// A thread for calls that may never return: its end is waited for so long, and no longer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace icom::os {

/// Unlike a std::thread it may go while its work still runs: that then goes on by itself, for as
/// long as the process does. For one thread.
class LimitedThread {
 public:
  /// `work` and `name` as run_detached() takes them: what `work` uses must be its own. Once.
  void start(const char* name, std::function<void()> work);
  /// True if the work is over, or was never begun; what it did is then seen by the caller.
  bool wait_for_end(std::chrono::milliseconds limit);

 private:
  struct End;
  std::shared_ptr<End> end_;
};

/// What `ask` gives; nullopt if it has not answered in time: then it goes on by itself. It must not
/// throw, and what it uses must be its own.
template <typename Answer>
std::optional<Answer> answer_within(std::chrono::milliseconds limit, const char* name,
                                    std::function<Answer()> ask) {
  auto answer = std::make_shared<std::optional<Answer>>();
  LimitedThread thread;
  thread.start(name, [answer, ask = std::move(ask)] { *answer = ask(); });
  return thread.wait_for_end(limit) ? std::move(*answer) : std::nullopt;
}

}  // namespace icom::os
