// The status files that listeners and forwarder leave in a site's spool directory, as others read
// them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "agent/forward/forward_status.hpp"
#include "agent/listen/listener_status.hpp"

namespace icom::forward {

/// A listener writes its file every second; an older one than this is of a process that is gone, or
/// whose disk has stalled.
inline constexpr std::chrono::seconds kListenerFileLives{5};
/// As long for a forwarder's or a fan-out's file that says how often it is written at least.
inline constexpr std::chrono::seconds file_lives(std::int64_t written_each_ms) {
  return written_each_ms <= 2'000 ? std::chrono::seconds(5) : std::chrono::seconds(30);
}

/// Nothing if there is no readable file. `spool_directory`: the Linac's own.
std::optional<listen::ListenerStatus> read_listener_status(
    const std::filesystem::path& spool_directory);
/// Nothing if there is no readable file. `site_directory`: the folder of all the site's spools.
std::optional<ForwardStatus> read_forward_status(const std::filesystem::path& site_directory);

/// Two programs may read one clock in another order than they write.
inline constexpr std::chrono::seconds kAheadAtMost{2};

/// Whether something written at `written_us` is younger than `lives` at `now_us`. Of a time to
/// come, as after this machine's clock was set back, it is of nobody knows when: that is not fresh.
inline bool is_fresh(std::int64_t written_us, std::int64_t now_us, std::chrono::seconds lives) {
  const std::chrono::microseconds age(now_us - written_us);
  return -kAheadAtMost < age && age < lives;
}

}  // namespace icom::forward
