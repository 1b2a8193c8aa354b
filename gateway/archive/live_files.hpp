// The last 256 frames of each Linac, one file each. docs/storage.md, "Live files".
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "common/icom/bytes.hpp"
#include "common/log/rate_limit.hpp"
#include "common/os/file_system.hpp"

namespace icom::archive {

/// Writes `live/<host>/<counter, 3 digits>.txt` on a thread of its own. When the share is slower
/// than the frames come, the oldest waiting ones are dropped: they would be overwritten soon in any
/// case.
class LiveFiles {
 public:
  /// The Linac's folder name; nothing if it is to have no live files. Called on the thread of
  /// LiveFiles.
  using HostOf = std::function<std::string(std::int64_t linac)>;

  LiveFiles(os::FileSystem& files, std::filesystem::path archive_directory, HostOf host_of);
  ~LiveFiles();

  void start();
  void stop();
  /// `host_of` may answer differently from now on. Thread-safe.
  void forget_folders();
  /// Copies the frame. Never waits for a file. Thread-safe.
  void add(std::int64_t linac, std::uint8_t counter, Bytes frame);

  struct Counts {
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Waiting {
    std::int64_t linac;
    std::uint8_t counter;
    ByteVector frame;
  };
  static constexpr std::size_t kMostWaiting = 1024;
  void run();
  bool write(const Waiting& waiting);

  os::FileSystem& files_;
  const std::filesystem::path directory_;
  const HostOf host_of_;
  std::map<std::int64_t, std::string> folders_;  // of the thread

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable ready_;
  std::deque<Waiting> waiting_;
  Counts counts_;
  bool stop_ = false;
  bool folders_changed_ = false;

  log::RateLimit warnings_;
  std::thread thread_;
};

}  // namespace icom::archive
