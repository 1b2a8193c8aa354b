#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "common/os/doorbell.hpp"
#include "common/os/doorbell_watch.hpp"

namespace icom::os {

namespace asio = boost::asio;

namespace {

constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVE_SELF;
/// Of the folder that a folder to be watched will be made in. It may be one itself.
constexpr std::uint32_t kParentEvents = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD;

/// inotify tells of every write.
class NeedlessDoorbell final : public Doorbell {
 public:
  void ring() override {}
};

}  // namespace

std::unique_ptr<Doorbell> doorbell_of(const std::filesystem::path& /*folder*/) {
  return std::make_unique<NeedlessDoorbell>();
}

/// Shared with the handlers under way, which may outlive the watch.
struct DoorbellWatch::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& executor, std::string name_ends,
        std::function<void()> when_rung)
      : ending(std::move(name_ends)), rung(std::move(when_rung)), events(executor) {}

  void start();
  void listen();
  bool drain();
  void forget(int watch);
  void watch_waiting_folders();

  const std::string ending;
  std::function<void()> rung;
  asio::posix::stream_descriptor events;  ///< closed where the kernel gave us none
  std::vector<std::filesystem::path> not_there_yet;
  std::map<int, std::filesystem::path> watched;
};

DoorbellWatch::DoorbellWatch(const asio::any_io_executor& executor, std::string ending,
                             std::function<void()> rung)
    : state_(std::make_shared<State>(executor, std::move(ending), std::move(rung))) {
  state_->start();
}

DoorbellWatch::~DoorbellWatch() {
  boost::system::error_code ignored;
  state_->events.close(ignored);
}

void DoorbellWatch::add(std::filesystem::path folder) {
  state_->not_there_yet.push_back(std::move(folder));
  state_->watch_waiting_folders();
}

void DoorbellWatch::look_again() {
  state_->watch_waiting_folders();
}

void DoorbellWatch::State::start() {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return;
  events.assign(descriptor);
  listen();
}

void DoorbellWatch::State::listen() {
  events.async_wait(asio::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](boost::system::error_code error) {
                      if (error || !self->events.is_open()) return;
                      if (self->drain()) self->rung();
                      if (self->events.is_open()) self->listen();
                    });
}

/// True if any of the events was about a file that is watched for: others, which change every
/// second, wake nobody. A folder that is waited for may be there now.
bool DoorbellWatch::State::drain() {
  bool about_file = false;
  bool about_folder = false;
  alignas(inotify_event) std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(events.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      const std::string_view name = event->len > 0 ? event->name : "";
      about_file = about_file || name.ends_with(ending) || (event->mask & IN_Q_OVERFLOW) != 0;
      about_folder = about_folder || (event->mask & (IN_ISDIR | IN_IGNORED)) != 0;
      if ((event->mask & IN_IGNORED) != 0) forget(event->wd);
      // Under another name it is not what is watched; the kernel says that it is ignored, then.
      if ((event->mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(events.native_handle(), event->wd);
      at += sizeof(inotify_event) + event->len;
    }
  }
  if (about_folder) watch_waiting_folders();
  return about_file;
}

/// The folder was removed: its writer makes it anew.
void DoorbellWatch::State::forget(int watch) {
  const auto gone = watched.find(watch);
  if (gone == watched.end()) return;
  not_there_yet.push_back(std::move(gone->second));
  watched.erase(gone);
}

void DoorbellWatch::State::watch_waiting_folders() {
  if (!events.is_open()) return;
  bool is_any_there = false;
  std::erase_if(not_there_yet, [this, &is_any_there](const std::filesystem::path& folder) {
    const auto add = [this](const std::filesystem::path& path, std::uint32_t kinds) {
      return ::inotify_add_watch(events.native_handle(), path.c_str(), kinds);
    };
    // It may be made between the first look at it and the watch of its parent: hence the second.
    int watch = add(folder, kEvents);
    if (watch < 0 && add(folder.parent_path(), kParentEvents) >= 0) watch = add(folder, kEvents);
    if (watch < 0) return false;
    watched[watch] = folder;
    is_any_there = true;
    return true;
  });
  if (is_any_there) rung();  // what was written before we watched
}

}  // namespace icom::os
