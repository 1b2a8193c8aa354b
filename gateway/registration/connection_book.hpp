// When each site was connected last: `<registration>/connections.json`.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

namespace icom::registration {

/// Times in microseconds since 1970, UTC, the gateway machine's clock.
struct SiteConnection {
  bool is_connected = false;
  std::int64_t since_us = 0;  ///< since when it is, or was the last time
  std::int64_t seen_us = 0;   ///< when it is known to have been last

  bool operator==(const SiteConnection&) const = default;
};

/// By site.
using SiteConnections = std::map<std::string, SiteConnection>;

/// A gateway that runs says this often of a site that it is connected.
inline constexpr std::chrono::minutes kSeenAgain{1};

/// Empty where there is no file yet. Throws std::runtime_error, naming the file, where it cannot be
/// read or is damaged.
SiteConnections read_connections(const std::filesystem::path& registration);
/// Atomically: a reader sees what was before or this. Makes the folder where it is missing. Throws
/// std::runtime_error.
void write_connections(const std::filesystem::path& registration, const SiteConnections& sites);

}  // namespace icom::registration
