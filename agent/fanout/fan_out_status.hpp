// fanout.json: what a fan-out tells of itself, for `icom-agent status`. Its fields: docs/agent.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icom::fanout {

inline constexpr const char* kFanOutStatusFile = "fanout.json";
/// Held by the fan-out of this spool directory, for its whole life.
inline constexpr const char* kFanOutLockFile = "fanout.lock";
/// The file is written at least this often.
inline constexpr std::chrono::milliseconds kFanOutFileEach{2'000};

/// Of a port that is open or being opened; counts since then.
struct PortReport {
  std::string serial;
  std::string listen;  ///< ADDRESS:PORT
  bool listening = false;
  std::string problem;        ///< why not
  std::uint64_t clients = 0;  ///< now
  std::uint64_t clients_total = 0;
  std::uint64_t cut_off = 0;
  std::uint64_t refused = 0;
  std::uint64_t sent_bytes = 0;  ///< to all clients together
  std::uint64_t frames = 0;      ///< read from the spool

  friend bool operator==(const PortReport&, const PortReport&) = default;
};

struct FanOutStatus {
  std::string site;
  std::string version;
  std::int64_t pid = 0;
  std::int64_t written_us = 0;                             ///< microseconds since 1970, UTC
  std::int64_t written_each_ms = kFanOutFileEach.count();  ///< at least
  std::vector<PortReport> ports;

  friend bool operator==(const FanOutStatus&, const FanOutStatus&) = default;
};

/// Of all ports together, now.
std::uint64_t clients_of(const FanOutStatus& status);

/// Fields in the order in which they are shown.
nlohmann::ordered_json port_to_json(const PortReport& port);
std::string to_json(const FanOutStatus& status);
/// Nothing if `text` is not such a status; unknown fields are left alone, missing ones keep their
/// defaults.
std::optional<FanOutStatus> fan_out_status_from_json(std::string_view text);
/// Nothing if there is no readable file. `site_directory`: the folder of all the site's spools.
std::optional<FanOutStatus> read_fan_out_status(const std::filesystem::path& site_directory);

}  // namespace icom::fanout
