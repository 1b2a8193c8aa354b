// Keeps authorized_keys in step with the sites' files.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "common/log/rate_limit.hpp"
#include "gateway/registration/places.hpp"

namespace icom::serve {

/// Writes on a thread of its own: the registration's lock may be held by a command that hangs, and
/// neither agents nor the gateway's end wait for that. What cannot be written is tried again until
/// it is, and said once a minute. Thread-safe.
class KeysWriter {
 public:
  /// `now`: seconds since 1970, UTC.
  KeysWriter(registration::Places places, std::function<std::int64_t()> now);
  ~KeysWriter() { stop(); }
  KeysWriter(const KeysWriter&) = delete;
  KeysWriter& operator=(const KeysWriter&) = delete;

  /// Something has changed. Does nothing where no site was ever added. Returns at once.
  void request();
  /// Ends the thread; does not wait for another process. May be called again.
  void stop();

 private:
  void run();
  bool write();

  const registration::Places places_;
  const std::function<std::int64_t()> now_;
  log::RateLimit complaints_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;  ///< guards the two below
  std::condition_variable changed_;
  bool requested_ = false;
  std::thread thread_;  ///< last: it uses everything above
};

}  // namespace icom::serve
