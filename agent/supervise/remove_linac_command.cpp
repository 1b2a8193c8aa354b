#include "agent/supervise/remove_linac_command.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "agent/spool/segment_files.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/readable.hpp"
#include "common/config/site_file_edit.hpp"
#include "common/os/file_system.hpp"
#include "common/os/path_text.hpp"

namespace icom::supervise {

namespace {

/// What a Linac's spool holds, in bytes.
std::uint64_t spool_bytes(const std::filesystem::path& spool) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(spool, error), end; !error && at != end;
       at.increment(error)) {
    std::uint64_t size = 0;
    const bool is_segment = at->path().extension() == spool::kSegmentEnding;
    if (is_segment && !os::real_file_system().file_size(at->path(), size)) bytes += size;
  }
  return bytes;
}

}  // namespace

int remove_linac(const RemoveLinacOptions& options) {
  const config::SiteFileEdit edit = config::without_linac(options.site_file, options.serial);
  const std::filesystem::path spool = edit.settings.spool.directory / options.serial;
  const auto unknown = why_site_cannot_be_told(edit.settings.spool.directory);
  const bool runs =
      find_running_agent(os::real_file_system(), edit.settings.spool.directory).has_value();
  config::write_edit(edit, os::real_file_system());
  const std::uint64_t left = spool_bytes(spool);

  if (options.json) {
    nlohmann::ordered_json json;
    json["serial"] = options.serial;
    json["written"] = true;
    json["agent_runs"] = nullptr;
    if (!unknown) json["agent_runs"] = runs;
    json["spool"] = os::utf8(spool);
    json["spool_bytes"] = left;
    std::cout << json.dump(2) << '\n';
    return kDone;
  }
  std::cout << os::utf8(edit.file) << ": Linac " << options.serial << " is taken out\n";
  if (unknown) {
    std::cout << "whether an icom-agent run has its listener leave cannot be told: " << *unknown
              << '\n';
  } else if (runs) {
    std::cout << "icom-agent run has its listener leave, at the first moment when no beam is on\n";
  } else {
    std::cout << "no icom-agent run works here: a listener of this Linac that runs by itself goes "
                 "on until it is stopped\n";
  }
  if (left > 0) {
    std::cout << "its spool " << os::utf8(spool) << " holds " << left
              << " bytes: icom-forward goes on sending what the gateway has not stored, if the "
                 "gateway takes it\n";
  }
  return kDone;
}

}  // namespace icom::supervise
