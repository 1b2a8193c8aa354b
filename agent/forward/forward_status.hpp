// forward.json: what a forwarder tells of itself, for `icom-agent status`. Its fields:
// docs/agent.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/forward/port_forward_status.hpp"

namespace icom::forward {

inline constexpr const char* kForwardStatusFile = "forward.json";
/// Held by the forwarder of this spool directory, for its whole life.
inline constexpr const char* kForwardLockFile = "forward.lock";
/// The file is written at least this often.
inline constexpr std::chrono::milliseconds kForwardFileEach{2'000};

/// What is sent and not acknowledged is on its way for so long before it is called a backlog.
inline constexpr std::chrono::milliseconds kJustSent{1'000};

/// Of one Linac, sent and not acknowledged.
struct BytesOnTheWay {
  std::uint64_t all = 0;
  std::uint64_t just_sent = 0;  ///< of these, within kJustSent
};

struct LinacForwardStatus {
  std::string serial;
  bool registered = true;           ///< the site's settings have it; else it was removed from them
  bool accepted = false;            ///< by the gateway, in the last session that was welcomed
  std::string reason;               ///< why not
  std::uint64_t backlog_bytes = 0;  ///< in the spool, not acknowledged (an estimate)
  std::uint64_t just_sent_bytes = 0;  ///< of these, sent within kJustSent
  std::uint64_t acked_run = 0;        ///< 0: nothing was acknowledged since the forwarder started
  std::uint64_t acked_seq = 0;
  std::uint64_t entries_sent =
      0;  ///< since the forwarder started; those sent again after a broken session count again
  std::uint64_t entries_acked = 0;
  std::uint64_t corrupt_entries = 0;  ///< of the spool, skipped by the reader
  std::uint64_t holes = 0;
  std::uint64_t damaged_segments = 0;  ///< set aside for a person to look at, there now
  std::uint64_t damaged_bytes = 0;     ///< of those
  std::string damaged_newest{};        ///< the newest one's path
  std::string unreadable{};            ///< SpoolReader::unreadable()
  std::int64_t round_trip_ms =
      -1;  ///< from sending an entry to its last acknowledgement; -1: none yet

  friend bool operator==(const LinacForwardStatus&, const LinacForwardStatus&) = default;
};

struct ForwardError {
  std::string kind;  ///< name_of(FailureKind)
  std::string text;
  std::int64_t at_us = 0;

  friend bool operator==(const ForwardError&, const ForwardError&) = default;
};

struct ForwardStatus {
  std::string site;
  std::string version;
  std::int64_t pid = 0;
  std::int64_t written_us = 0;  ///< microseconds since 1970, UTC, as all `_us` here
  std::int64_t written_each_ms = kForwardFileEach.count();  ///< at least
  bool connected = false;                                   ///< welcomed by the gateway
  std::int64_t since_us = 0;                                ///< of `connected` being what it is
  std::optional<ForwardError> last_error;
  std::vector<LinacForwardStatus> linacs;
  std::vector<PortForwardStatus> forwards{};

  friend bool operator==(const ForwardStatus&, const ForwardStatus&) = default;
};

std::string to_json(const ForwardStatus& status);
/// Nothing if `text` is not such a status; unknown fields are left alone, missing ones keep their
/// defaults.
std::optional<ForwardStatus> forward_status_from_json(std::string_view text);

}  // namespace icom::forward
