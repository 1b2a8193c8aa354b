#include "gateway/archive/live_files.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>

#include "common/os/process.hpp"
#include "gateway/archive/archive_name.hpp"

namespace icom::archive {

using namespace std::chrono_literals;

LiveFiles::LiveFiles(os::FileSystem& files, std::filesystem::path archive_directory, HostOf host_of)
    : files_(files),
      directory_(std::move(archive_directory)),
      host_of_(std::move(host_of)),
      warnings_(3, 10min) {}

LiveFiles::~LiveFiles() {
  stop();
}

void LiveFiles::start() {
  thread_ = std::thread([this] { run(); });
}

void LiveFiles::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void LiveFiles::add(std::int64_t linac, std::uint8_t counter, Bytes frame) {
  {
    const std::lock_guard lock(mutex_);
    Waiting next{linac, counter, {}};
    if (waiting_.size() >= kMostWaiting) {
      ++counts_.dropped;
      next.frame = std::move(waiting_.front().frame);  // its memory serves again
      waiting_.pop_front();
    }
    next.frame.assign(frame.begin(), frame.end());
    waiting_.push_back(std::move(next));
  }
  ready_.notify_one();
}

LiveFiles::Counts LiveFiles::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void LiveFiles::forget_folders() {
  const std::lock_guard lock(mutex_);
  folders_changed_ = true;
}

void LiveFiles::run() {
  os::lower_priority_of_this_thread();  // the store comes first
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) {
      return;  // what waits is of no use to anyone after a restart
    }
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (std::exchange(folders_changed_, false)) folders_.clear();
    lock.unlock();
    const bool written = write(next);
    lock.lock();
    ++(written ? counts_.written : counts_.dropped);
  }
}

bool LiveFiles::write(const Waiting& waiting) {
  std::error_code error;
  try {
    auto folder = folders_.find(waiting.linac);
    if (folder == folders_.end()) {
      const std::string host = host_of_(waiting.linac);
      folder = folders_.emplace(waiting.linac, host.empty() ? "" : safe_name(host)).first;
    }
    if (folder->second.empty()) {
      return false;
    }
    const std::filesystem::path path = directory_ / "live" / folder->second;
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "%03u.txt", unsigned{waiting.counter});
    const auto put = [&] {
      return os::write_atomically(files_, path / name.data(), waiting.frame,
                                  os::Durability::process_crash);
    };
    error = put();
    std::error_code ignored;
    if (error == std::errc::no_such_file_or_directory &&
        std::filesystem::is_directory(directory_, ignored)) {
      error = files_.create_directories(path);
      if (!error) {
        error = put();
      }
    }
  } catch (const std::exception& problem) {
    if (const auto unsaid = warnings_.admit(std::chrono::steady_clock::now())) {
      spdlog::warn("a live file could not be written: {} ({} like this not logged)", problem.what(),
                   *unsaid);
    }
    return false;
  }
  if (error) {
    if (const auto unsaid = warnings_.admit(std::chrono::steady_clock::now())) {
      spdlog::warn("a live file could not be written in {}: {} ({} like this not logged)",
                   (directory_ / "live").string(), error.message(), *unsaid);
    }
  }
  return !error;
}

}  // namespace icom::archive
