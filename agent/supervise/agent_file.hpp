// agent.json: what a running `icom-agent run` tells of itself, in the spool directory.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "agent/supervise/process_host.hpp"
#include "common/os/file_system.hpp"

namespace icom::supervise {

inline constexpr const char* kAgentFile = "agent.json";
/// Held by the one `icom-agent run` of a spool directory.
inline constexpr const char* kAgentLockFile = "agent.lock";
/// An older file than this is of one that hangs, or whose disk does.
inline constexpr std::chrono::seconds kAgentFileLives{5};

struct AgentFile {
  ProcessId pid = 0;
  std::string version;
  std::int64_t started_us = 0;  ///< microseconds since 1970, UTC, as all `_us` here
  /// Its event loop ran; written every two seconds. 0: one of before this was told.
  std::int64_t alive_us = 0;
  /// Listeners that it has not started yet, as "listen SERIAL", and what each of them waits for.
  std::map<std::string, std::string> waiting{};
  /// The folder of the programs that it starts. Empty: one of before this was told.
  std::filesystem::path programs{};
  /// The site by whose name it works, whatever its file says meanwhile. Empty: one of before this.
  std::string site{};
  /// When it read the settings that it works with: running_site.hpp. 0: one of before this.
  std::int64_t settings_us = 0;
};

/// Whether its event loop ran lately, as far as that is told.
bool responds(const AgentFile& agent, std::int64_t now_us);

/// A JSON object.
std::string to_json(const AgentFile& agent);
std::error_code write_agent_file(os::FileSystem& files,
                                 const std::filesystem::path& spool_directory,
                                 const AgentFile& agent);
/// nullopt if `text` is no such object.
std::optional<AgentFile> agent_file_from_json(std::string_view text);
/// Nothing if no `icom-agent run` is there now.
std::optional<AgentFile> find_running_agent(os::FileSystem& files,
                                            const std::filesystem::path& spool_directory);

}  // namespace icom::supervise
