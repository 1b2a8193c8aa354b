#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/spool/spool_watch.hpp"

namespace icom::spool {

namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE;

}  // namespace

/// Shared with the handlers under way, which may outlive the watch.
struct SpoolWatch::State : std::enable_shared_from_this<State> {
  explicit State(const asio::any_io_executor& executor) : events(executor), fallback(executor) {}

  void start();
  void listen();
  bool drain();
  void watch_waiting_directories();

  asio::posix::stream_descriptor events;  ///< closed where the kernel gave us none
  asio::steady_timer fallback;
  std::vector<std::filesystem::path> not_there_yet;
  bool changed = false;
};

SpoolWatch::SpoolWatch(const asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {
  state_->start();
}

SpoolWatch::~SpoolWatch() {
  boost::system::error_code ignored;
  state_->events.close(ignored);
  state_->fallback.cancel();
}

void SpoolWatch::add(std::filesystem::path directory) {
  state_->not_there_yet.push_back(std::move(directory));
  state_->watch_waiting_directories();
}

asio::awaitable<bool> SpoolWatch::wait() {
  const auto state = state_;  // the watch may go while we wait
  if (!state->changed) {
    state->fallback.expires_after(kFallback);
    boost::system::error_code ended;
    co_await state->fallback.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }
  state->watch_waiting_directories();
  co_return std::exchange(state->changed, false);
}

void SpoolWatch::State::start() {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return;
  events.assign(descriptor);
  listen();
}

void SpoolWatch::State::listen() {
  events.async_wait(asio::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](boost::system::error_code error) {
                      if (error) return;
                      if (self->drain()) {
                        self->changed = true;
                        self->fallback.cancel();
                      }
                      self->listen();
                    });
}

/// True if any of the events was about a segment: the listener's status file changes every second
/// and wakes nobody.
bool SpoolWatch::State::drain() {
  bool about_segment = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(events.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) return about_segment;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      const std::string_view name = event->len > 0 ? event->name : "";
      about_segment =
          about_segment || name.ends_with(".spool") || (event->mask & IN_Q_OVERFLOW) != 0;
      at += sizeof(inotify_event) + event->len;
    }
  }
}

void SpoolWatch::State::watch_waiting_directories() {
  if (!events.is_open()) return;
  std::erase_if(not_there_yet, [this](const std::filesystem::path& directory) {
    if (::inotify_add_watch(events.native_handle(), directory.c_str(), kEvents) < 0) return false;
    changed = true;  // what was written before we watched
    return true;
  });
}

}  // namespace icom::spool
