#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/spool/spool_watch.hpp"

namespace icom::spool {

namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVE_SELF;
/// Of the folder that a spool's directory will be made in. It may be a spool's directory itself.
constexpr std::uint32_t kParentEvents = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD;

}  // namespace

/// Shared with the handlers under way, which may outlive the watch.
struct SpoolWatch::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& executor, std::chrono::steady_clock::duration at_most)
      : events(executor), fallback(executor), wait_at_most(at_most) {}

  void start();
  void listen();
  bool drain();
  void forget(int watch);
  void watch_waiting_directories();

  asio::posix::stream_descriptor events;  ///< closed where the kernel gave us none
  asio::steady_timer fallback;
  const std::chrono::steady_clock::duration wait_at_most;
  std::vector<std::filesystem::path> not_there_yet;
  std::map<int, std::filesystem::path> watched;
  bool changed = false;
};

SpoolWatch::SpoolWatch(const asio::any_io_executor& executor,
                       std::chrono::steady_clock::duration fallback)
    : state_(std::make_shared<State>(executor, fallback)) {
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
    state->fallback.expires_after(state->wait_at_most);
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
                      if (self->drain()) self->changed = true;
                      if (self->changed) self->fallback.cancel();
                      self->listen();
                    });
}

/// True if any of the events was about a segment: the listener's status file changes every second
/// and wakes nobody. A directory that is waited for may be there now.
bool SpoolWatch::State::drain() {
  bool about_segment = false;
  bool about_directory = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(events.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      const std::string_view name = event->len > 0 ? event->name : "";
      about_segment =
          about_segment || name.ends_with(".spool") || (event->mask & IN_Q_OVERFLOW) != 0;
      about_directory = about_directory || (event->mask & (IN_ISDIR | IN_IGNORED)) != 0;
      if ((event->mask & IN_IGNORED) != 0) forget(event->wd);
      // Under another name it is nobody's spool; the kernel says that it is ignored, then.
      if ((event->mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(events.native_handle(), event->wd);
      at += sizeof(inotify_event) + event->len;
    }
  }
  if (about_directory) watch_waiting_directories();
  return about_segment;
}

/// The directory was removed: its listener makes it anew.
void SpoolWatch::State::forget(int watch) {
  const auto gone = watched.find(watch);
  if (gone == watched.end()) return;
  not_there_yet.push_back(std::move(gone->second));
  watched.erase(gone);
}

void SpoolWatch::State::watch_waiting_directories() {
  if (!events.is_open()) return;
  std::erase_if(not_there_yet, [this](const std::filesystem::path& directory) {
    const auto add = [this](const std::filesystem::path& path, std::uint32_t kinds) {
      return ::inotify_add_watch(events.native_handle(), path.c_str(), kinds);
    };
    // It may be made between the first look at it and the watch of its parent: hence the second.
    int watch = add(directory, kEvents);
    if (watch < 0 && add(directory.parent_path(), kParentEvents) >= 0) {
      watch = add(directory, kEvents);
    }
    const bool there = watch >= 0;
    if (there) watched[watch] = directory;
    changed = changed || there;  // what was written before we watched
    return there;
  });
}

}  // namespace icom::spool
