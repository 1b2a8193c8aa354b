#include "agent/supervise/spool_of_another.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "agent/forward/status_files.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/config/name.hpp"
#include "common/os/path_text.hpp"
#include "common/os/users.hpp"

namespace icom::supervise {

namespace {

/// In the last session that was welcomed. What is on its way then may be stored, and not be
/// acknowledged yet.
bool gateway_takes(const std::filesystem::path& spools, const std::string& serial) {
  const auto forwarder = forward::read_forward_status(spools);
  return forwarder && std::ranges::any_of(forwarder->linacs, [&serial](const auto& linac) {
           return linac.serial == serial && linac.accepted;
         });
}

}  // namespace

std::optional<std::string> why_spool_stays(os::FileSystem& files, const config::SiteSettings& site,
                                           const std::string& from, const std::string& to) {
  const std::filesystem::path& spools = site.spool.directory;
  if (!config::parse_name(from)) return "'" + from + "' is no serial";
  if (from == to) return "its spool is its own already: leave --spool-of out";
  if (std::ranges::find(site.linacs, from, &config::LinacSettings::serial) != site.linacs.end()) {
    return "the site's file has Linac " + from +
           ": take it out first: icom-agent remove-linac --serial " + from;
  }
  std::error_code unknown;
  if (!std::filesystem::is_directory(spools / from, unknown)) {
    return "there is no spool of Linac " + from + " in " + os::utf8(spools) +
           (unknown ? " (" + unknown.message() + ")" : "") +
           ": is that the serial that it was recorded under? Without --spool-of it gets a new one";
  }
  if (std::filesystem::exists(std::filesystem::symlink_status(spools / to, unknown))) {
    return "Linac " + to + " has a spool already, " + os::utf8(spools / to) +
           ", and two cannot be put together: leave --spool-of out; what Linac " + from +
           " has stays in its spool";
  }
  if (os::is_locked(files, spools / from / spool::kLockFile)) {
    return "the listener of Linac " + from +
           " still runs: it leaves once no beam is on; try again then (icom-agent status)";
  }
  if (gateway_takes(spools, from)) {
    return "the gateway has Linac " + from +
           " registered and takes what its spool holds, so it would be stored under both: have "
           "the Linac taken out of the site's file there first, and try again once icom-agent "
           "status says that the gateway does not take it";
  }
  return std::nullopt;
}

void give_spool(os::FileSystem& files, const config::SiteSettings& site, const std::string& from,
                const std::string& to) {
  const std::filesystem::path& spools = site.spool.directory;
  const os::ActingForOwner owner(spools);
  const auto fail = [&](const std::string& why) {
    throw std::runtime_error("cannot rename " + os::utf8(spools / from) + " to " +
                             os::utf8(spools / to) + ": " + why);
  };
  // No listener begins to write there meanwhile.
  std::unique_ptr<os::File> nobody_writes;
  if (const auto error = files.lock(spools / from / spool::kLockFile, nobody_writes)) {
    fail(error.message() + "; try again, as the account that the agent runs as");
  }
  if (const auto error = files.rename(spools / from, spools / to)) fail(error.message());
  files.sync_directory(spools);
  // Of the one who had it before: this Linac is wanted.
  files.remove(spools / to / listen::kDrainedFile);
}

}  // namespace icom::supervise
