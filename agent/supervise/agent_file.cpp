#include "agent/supervise/agent_file.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "agent/forward/status_files.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/path_text.hpp"

namespace icom::supervise {

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

bool responds(const AgentFile& agent, std::int64_t now_us) {
  return agent.alive_us == 0 || forward::is_fresh(agent.alive_us, now_us, kAgentFileLives);
}

std::string to_json(const AgentFile& agent) {
  const Json json{{"pid", agent.pid},
                  {"version", agent.version},
                  {"started_us", agent.started_us},
                  {"alive_us", agent.alive_us},
                  {"waiting", agent.waiting},
                  {"programs", os::utf8(agent.programs)},
                  {"site", agent.site},
                  {"settings_us", agent.settings_us}};
  // A name server's words may be in any encoding.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::error_code write_agent_file(os::FileSystem& files,
                                 const std::filesystem::path& spool_directory,
                                 const AgentFile& agent) {
  return os::write_atomically(files, spool_directory / kAgentFile, as_bytes(to_json(agent)),
                              os::Durability::process_crash);
}

std::optional<AgentFile> agent_file_from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    if (!json.is_object()) return std::nullopt;
    return AgentFile{json.at("pid"),
                     json.at("version"),
                     json.at("started_us"),
                     json.value("alive_us", std::int64_t{0}),
                     json.value("waiting", std::map<std::string, std::string>{}),
                     os::path_of_utf8(json.value("programs", std::string())),
                     json.value("site", std::string()),
                     json.value("settings_us", std::int64_t{0})};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::optional<AgentFile> find_running_agent(os::FileSystem& files,
                                            const std::filesystem::path& spool_directory) {
  if (!os::is_locked(files, spool_directory / kAgentLockFile)) return std::nullopt;
  constexpr std::uint64_t kMaxBytes = 64U << 10U;
  std::string text;
  try {
    text = os::read_text_file(files, spool_directory / kAgentFile, kMaxBytes);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  return agent_file_from_json(text);
}

}  // namespace icom::supervise
