// Notes when each site is connected, so that it is known after a restart, too.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "common/log/rate_limit.hpp"
#include "gateway/ingest/link_status_board.hpp"
#include "gateway/registration/connection_book.hpp"

namespace icom::serve {

/// What a site is to be noted as, once the board says this of it.
registration::SiteConnection noted_as(const ingest::SitePresence& presence, std::int64_t now_us);

/// Looks at the board once a second and writes what has changed, on a thread of its own: neither
/// agents nor the gateway's stop signal wait for that disk. At its begin no site is connected. What
/// cannot be written is tried again, and said once a minute. For one thread.
class ConnectionsWriter {
 public:
  /// `board` outlives it. `now`: microseconds since 1970, UTC. `may_write`: false while the folder
  /// must not be made anew, since it may come back; called on the thread. Empty: always.
  ConnectionsWriter(std::filesystem::path registration, const ingest::LinkStatusBoard& board,
                    std::function<std::int64_t()> now, std::function<bool()> may_write = {});
  ~ConnectionsWriter() { stop(); }
  ConnectionsWriter(const ConnectionsWriter&) = delete;
  ConnectionsWriter& operator=(const ConnectionsWriter&) = delete;

  void start();
  /// After the last session: writes that nobody is connected. May be called again.
  void stop();

 private:
  void run();
  void read_last();
  void write_if_changed();

  const std::filesystem::path registration_;
  const ingest::LinkStatusBoard& board_;
  const std::function<std::int64_t()> now_;
  const std::function<bool()> may_write_;
  // Of the thread.
  registration::SiteConnections noted_;  ///< what the file is to hold
  bool is_written_ = true;
  log::RateLimit fault_lines_{1, std::chrono::minutes(1)};

  std::mutex mutex_;  ///< guards stopping_
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace icom::serve
