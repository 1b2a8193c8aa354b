#include "common/config/settings_watch.hpp"

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <system_error>
#include <tuple>
#include <utility>

#include "common/os/path_text.hpp"
#include "common/os/signals.hpp"

namespace icom::config {

namespace fs = std::filesystem;

namespace {

/// How one file looks from outside. Absent files have neither time nor size.
using Stamp = std::tuple<fs::path, fs::file_time_type, std::uintmax_t>;

Stamp stamp_of(const fs::path& file) {
  std::error_code error;
  const fs::file_time_type time = fs::last_write_time(file, error);
  if (error) return {file, {}, 0};
  const std::uintmax_t size = fs::file_size(file, error);
  return {file, time, error ? 0 : size};
}

std::vector<Stamp> stamps_of(const std::vector<fs::path>& watched) {
  std::vector<Stamp> stamps;
  for (const fs::path& path : watched) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      stamps.push_back(stamp_of(path));
      continue;
    }
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      if (!os::utf8(at->path().filename()).starts_with('.')) stamps.push_back(stamp_of(at->path()));
    }
  }
  std::ranges::sort(stamps);
  return stamps;
}

}  // namespace

/// Shared with the handlers under way, which may outlive the watch.
struct SettingsWatch::State : std::enable_shared_from_this<State> {
  State(const boost::asio::any_io_executor& executor, std::vector<fs::path> what,
        std::chrono::milliseconds look)
      : watched(std::move(what)),
        read(stamps_of(watched)),
        seen(read),
        every(look),
        timer(executor),
        hangup(executor) {}

  void look_again();
  void look();
  void hear_hangups();

  std::vector<fs::path> watched;
  std::vector<Stamp> read;  ///< as of the last time when `changed` was called
  std::vector<Stamp> seen;  ///< at the last look
  std::chrono::milliseconds every;
  boost::asio::steady_timer timer;
  boost::asio::signal_set hangup;
  std::function<void()> changed;
};

SettingsWatch::SettingsWatch(const boost::asio::any_io_executor& executor,
                             std::vector<fs::path> watched, std::chrono::milliseconds look)
    : state_(std::make_shared<State>(executor, std::move(watched), look)) {}

SettingsWatch::~SettingsWatch() {
  boost::system::error_code ignored;
  state_->timer.cancel();
  state_->hangup.cancel(ignored);
  state_->changed = nullptr;
}

void SettingsWatch::start(std::function<void()> changed) {
  state_->changed = std::move(changed);
  state_->look_again();
  if (const auto signal = os::reload_signal()) {
    state_->hangup.add(*signal);
    state_->hear_hangups();
  }
}

void SettingsWatch::State::look_again() {
  timer.expires_after(every);
  timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || !self->changed) return;
    self->look();
    self->look_again();
  });
}

void SettingsWatch::State::look() {
  std::vector<Stamp> now = stamps_of(watched);
  const bool still = now == seen;
  seen = std::move(now);
  if (!still || seen == read) return;
  read = seen;
  changed();
}

void SettingsWatch::State::hear_hangups() {
  hangup.async_wait([self = shared_from_this()](boost::system::error_code error, int /*signal*/) {
    if (error || !self->changed) return;
    self->read = self->seen = stamps_of(self->watched);
    self->changed();
    self->hear_hangups();
  });
}

}  // namespace icom::config
