#include "agent/supervise/lost_site.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "common/os/process_command.hpp"

namespace icom::supervise {

namespace {

namespace fs = std::filesystem;

/// What stands behind `option`, as a word of its own or behind a `=`. Empty if it is not there.
std::string value_of(const std::vector<std::string>& command, std::string_view option) {
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == option && i + 1 < command.size()) return command[i + 1];
    if (word.starts_with(option) && word.substr(option.size()).starts_with('=')) {
      return word.substr(option.size() + 1);
    }
  }
  return {};
}

/// It need not be there. Empty if that cannot be told.
fs::path whole(const fs::path& folder, const std::string& path) {
  if (path.empty() || (folder.empty() && !path.starts_with('/'))) return {};
  std::error_code error;
  fs::path whole = fs::weakly_canonical(folder / path, error);
  return error ? fs::path() : whole;
}

struct Program {
  std::string name;
  fs::path site;   ///< its --site, if it has one
  fs::path spool;  ///< its --spool
};

std::optional<Program> program_of(os::ProcessNumber process) {
  constexpr std::array kNames{"icom-agent", "icom-forward", "icom-fanout", "icom-listen"};
  const auto command = os::process_command(process);
  if (command.empty()) return std::nullopt;
  Program program{fs::path(command.front()).filename().string(), {}, {}};
  if (std::ranges::find(kNames, program.name) == kNames.end()) return std::nullopt;
  // Another command than `run` looks at a site, and is none of its programs.
  if (program.name == "icom-agent" && std::ranges::find(command, "run") == command.end()) {
    return std::nullopt;
  }
  const fs::path folder = os::process_folder(process);
  program.site = whole(folder, value_of(command, "--site"));
  program.spool = whole(folder, value_of(command, "--spool"));
  return program;
}

std::vector<Program> programs_that_run() {
  std::vector<Program> programs;
  for (const auto process : os::processes()) {
    if (auto program = program_of(process)) programs.push_back(*std::move(program));
  }
  return programs;
}

/// Where programs that were started with `site` work, and where they may.
std::set<fs::path> spools_of(const std::vector<Program>& programs, const fs::path& site,
                             const fs::path& usual_spool) {
  std::set<fs::path> named;
  std::set<fs::path> all;
  bool agent = false;
  for (const Program& program : programs) {
    agent = agent || (program.name == "icom-agent" && program.site == site);
    if (program.spool.empty()) continue;
    all.insert(program.spool);
    if (program.site == site) named.insert(program.spool);
  }
  if (!named.empty()) return named;
  if (!agent) all.clear();
  if (!usual_spool.empty()) all.insert(usual_spool);
  return all;
}

/// Whether the `icom-agent run` that is there was started with `site`.
bool is_of(const std::optional<AgentFile>& agent, const fs::path& site) {
  const auto program = agent ? program_of(agent->pid) : std::nullopt;
  return program && program->site == site;
}

}  // namespace

std::optional<LostSite> find_lost_site(os::FileSystem& files, const fs::path& site_file,
                                       const fs::path& usual_spool) {
  std::error_code unknown;
  if (fs::status(site_file, unknown).type() != fs::file_type::not_found) return std::nullopt;
  const fs::path site = fs::weakly_canonical(fs::absolute(site_file, unknown), unknown);
  const auto programs = programs_that_run();
  for (const fs::path& spool : spools_of(programs, site, usual_spool)) {
    LostSite lost{spool, std::nullopt, false, {}};
    const auto agent = find_running_agent(files, spool);
    const bool agent_is_of_site = is_of(agent, site);
    if (agent_is_of_site) lost.running = running_site_in(files, site_file, spool);
    bool any_of_site = agent_is_of_site;
    bool any_of_another = agent && !agent_is_of_site;
    for (const Program& program : programs) {
      if (program.spool != spool) continue;
      lost.any_runs = true;
      any_of_site = any_of_site || program.site == site;
      any_of_another = any_of_another || (!program.site.empty() && program.site != site);
    }
    lost.any_runs = lost.any_runs || agent_is_of_site;
    if (fs::exists(spool / kRunningSiteFile, unknown)) lost.copy = spool / kRunningSiteFile;
    const bool is_its_own = any_of_site || (spool == usual_spool && !any_of_another);
    if (is_its_own && (lost.any_runs || !lost.copy.empty())) return lost;
  }
  return std::nullopt;
}

fs::path usual_spool_of(const fs::path& site_file) {
  return site_file == "/etc/icom/site.yaml" ? "/var/lib/icom/spool" : fs::path();
}

std::string text_of(const LostSite& lost, const fs::path& site_file) {
  std::string text = site_file.string() + " is gone: put it back";
  if (!lost.copy.empty()) {
    text += ". What the site's programs " + std::string(lost.any_runs ? "work" : "worked last") +
            " with is kept as " + lost.copy.string() + ": cp -p " + lost.copy.string() + " " +
            site_file.string();
  }
  return text;
}

}  // namespace icom::supervise
