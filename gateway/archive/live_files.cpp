#include "gateway/archive/live_files.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

#include "common/os/process.hpp"
#include "gateway/archive/processor_share.hpp"

namespace icom::archive {

using namespace std::chrono_literals;

namespace {

constexpr int kPartsOfProcessor = 4;  // one of these is taken at most

}  // namespace

LiveFiles::LiveFiles(os::FileSystem& files, ShareWatch& share,
                     std::filesystem::path archive_directory, FoldersOfAll folders_of_all)
    : files_(files),
      share_(share),
      directory_(std::move(archive_directory)),
      folders_of_all_(std::move(folders_of_all)),
      warnings_(3, 10min) {}

void LiveFiles::end() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ready_.notify_one();
}

void LiveFiles::add(std::int64_t linac, std::uint8_t counter, Bytes frame) {
  {
    const std::lock_guard lock(mutex_);
    Waiting next{counter, {}};
    while (has_no_room(linac, frame.size())) next.frame = drop_first(linac);
    // The newest one of all is kept, whatever its size.
    while (bytes_ + frame.size() > kMostBytesOfAll && !by_bytes_.empty()) {
      next.frame = drop_first(by_bytes_.rbegin()->second);
    }
    next.frame.assign(frame.begin(), frame.end());  // what was dropped lends its memory
    push(linac, std::move(next));
  }
  ready_.notify_one();
}

/// In its own lane.
bool LiveFiles::has_no_room(std::int64_t linac, std::size_t bytes) const {
  const auto lane = lanes_.find(linac);
  return lane != lanes_.end() &&
         (lane->second.frames.size() >= kMostWaiting || lane->second.bytes + bytes > kMostBytes);
}

void LiveFiles::count_bytes(std::int64_t linac, Lane& lane, std::size_t bytes) {
  by_bytes_.erase({lane.bytes, linac});
  bytes_ = bytes_ - lane.bytes + bytes;
  lane.bytes = bytes;
  if (!lane.frames.empty()) by_bytes_.emplace(bytes, linac);
}

void LiveFiles::push(std::int64_t linac, Waiting waiting) {
  Lane& lane = lanes_[linac];
  const std::size_t bytes = lane.bytes + waiting.frame.size();
  lane.frames.push_back(std::move(waiting));
  count_bytes(linac, lane, bytes);
}

LiveFiles::Waiting LiveFiles::take_first(std::int64_t linac) {
  const auto lane = lanes_.find(linac);
  Waiting first = std::move(lane->second.frames.front());
  lane->second.frames.pop_front();
  count_bytes(linac, lane->second, lane->second.bytes - first.frame.size());
  if (lane->second.frames.empty()) lanes_.erase(lane);
  return first;
}

ByteVector LiveFiles::drop_first(std::int64_t linac) {
  ++counts_.dropped;
  return take_first(linac).frame;
}

/// Precondition: one has a frame.
std::int64_t LiveFiles::next_linac() const {
  const auto next = lanes_.upper_bound(last_);
  return (next == lanes_.end() ? lanes_.begin() : next)->first;
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
  // Of a backlog, thousands of files could be written per second, each of them for milliseconds.
  ProcessorShare share_of_processor(kPartsOfProcessor);
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stop_ || !lanes_.empty(); });
    if (stop_) {
      return;  // what waits is of no use to anyone after a restart
    }
    const std::int64_t linac = next_linac();
    last_ = linac;
    const Waiting next = take_first(linac);
    if (std::exchange(folders_changed_, false)) folders_.clear();
    lock.unlock();
    const bool written = write(linac, next);
    const auto rest = share_of_processor.rest(os::processor_time_of_this_thread(),
                                              std::chrono::steady_clock::now().time_since_epoch());
    lock.lock();
    ++(written ? counts_.written : counts_.dropped);
    ready_.wait_for(lock, rest, [this] { return stop_.load(); });
  }
}

const std::filesystem::path& LiveFiles::folder_of(std::int64_t linac) {
  if (!folders_.contains(linac)) {
    Folders fresh = folders_of_all_();
    fresh.merge(folders_);  // those that have none stay known
    folders_ = std::move(fresh);
  }
  return folders_[linac];
}

bool LiveFiles::write(std::int64_t linac, const Waiting& waiting) {
  try {
    const std::filesystem::path& folder = folder_of(linac);
    if (folder.empty()) return false;
    const auto error = put(directory_ / folder, waiting);
    if (error) warn("in " + (directory_ / folder).string() + ": " + error.message());
    return !error;
  } catch (const std::exception& problem) {
    warn(std::string(": ") + problem.what());
    return false;
  }
}

std::error_code LiveFiles::put(const std::filesystem::path& folder, const Waiting& waiting) {
  const ShareWatch::Call call(share_);
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), "%03u.txt", unsigned{waiting.counter});
  const auto put_once = [&] {
    return os::write_atomically(files_, folder / name.data(), waiting.frame,
                                os::Durability::process_crash);
  };
  const std::error_code error = put_once();
  std::error_code ignored;
  if (error != std::errc::no_such_file_or_directory ||
      !std::filesystem::is_directory(directory_, ignored)) {
    return error;
  }
  const std::error_code made = files_.create_directories(folder);
  return made ? made : put_once();
}

void LiveFiles::warn(const std::string& what) {
  if (stop_) return;
  if (const auto unsaid = warnings_.admit(std::chrono::steady_clock::now())) {
    spdlog::warn("a live file could not be written {} ({} like this not logged)", what, *unsaid);
  }
}

}  // namespace icom::archive
