#include "agent/spool/spool_watch.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string>
#include <utility>

#include "agent/spool/segment_files.hpp"
#include "common/os/doorbell_watch.hpp"

namespace icom::spool {

namespace asio = boost::asio;

/// Shared with the wait() under way, which may outlive the watch.
struct SpoolWatch::State {
  State(const asio::any_io_executor& executor, std::chrono::steady_clock::duration at_most)
      : fallback(executor), wait_at_most(at_most) {
    // The listener's status file changes every second and wakes nobody.
    doorbells.emplace(executor, std::string(kSegmentEnding), [this] {
      changed = true;
      fallback.cancel();
    });
  }

  asio::steady_timer fallback;
  const std::chrono::steady_clock::duration wait_at_most;
  bool changed = false;
  std::optional<os::DoorbellWatch> doorbells;  ///< none once the watch has gone
};

SpoolWatch::SpoolWatch(const asio::any_io_executor& executor,
                       std::chrono::steady_clock::duration fallback)
    : state_(std::make_shared<State>(executor, fallback)) {}

SpoolWatch::~SpoolWatch() {
  state_->doorbells.reset();
  state_->fallback.cancel();
}

void SpoolWatch::add(std::filesystem::path directory) {
  state_->doorbells->add(std::move(directory));
}

asio::awaitable<bool> SpoolWatch::wait() {
  const auto state = state_;  // the watch may go while we wait
  if (!state->changed) {
    state->fallback.expires_after(state->wait_at_most);
    boost::system::error_code ended;
    co_await state->fallback.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }
  if (state->doorbells) state->doorbells->look_again();
  co_return std::exchange(state->changed, false);
}

}  // namespace icom::spool
