// What the reading thread knows, for the thread that writes the status.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "agent/listen/counter_watch.hpp"
#include "agent/listen/machine_watch.hpp"
#include "common/icom/framer.hpp"

namespace icom::listen {

/// Times in microseconds since 1970, UTC; 0: never.
struct StreamStatus {
  bool connected = false;
  std::int64_t since_us = 0;  ///< of `connected` being what it is
  std::string
      last_failure;  ///< why the last connection ended or did not come about; empty: none did
  std::uint64_t connections = 0;                ///< that came about
  std::uint64_t silent_connections = 0;         ///< the last ones in a row, that brought nothing
  std::uint64_t bytes = 0;                      ///< received
  std::int64_t last_bytes_us = 0;               ///< the last of them
  std::string peer;                             ///< ADDRESS:PORT of the Linac; empty: not connected
  std::uint64_t late_frames = 0;                ///< of connections that were given up, in the spool
  std::uint64_t late_frames_without_place = 0;  ///< likewise, in the spool as junk
  std::uint64_t late_connections = 0;           ///< that were given up, and are still read
  std::int64_t last_frame_us = 0;               ///< its last byte was received
  std::int64_t last_frame_linac_seconds = 0;    ///< linac_seconds() of that frame
  FramerCounts framer;
  std::optional<std::int64_t> convention;  ///< Framer::learnt_convention()
  CounterCounts counter;
  MachineNames machine;
};

/// Thread-safe; the lock is held for a copy only.
class StatusBoard {
 public:
  void post(const StreamStatus& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  [[nodiscard]] StreamStatus read() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  StreamStatus status_;
};

}  // namespace icom::listen
