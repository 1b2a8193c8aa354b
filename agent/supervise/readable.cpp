#include <initializer_list>
#include <system_error>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/forward_status.hpp"
#include "agent/listen/listener_status.hpp"
#include "agent/spool/spool_writer.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/readable.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/path_text.hpp"

namespace icom::supervise {

namespace {

std::optional<std::string> why_not_readable(const std::filesystem::path& path) {
  const std::error_code error = os::why_not_readable(path);
  if (!error) return std::nullopt;
  return os::utf8(path) + ": " + error.message() + "; use the account that the listeners run as";
}

/// The folder first: where that cannot be read, nothing can be told of what is in it.
std::optional<std::string> why_not_readable_in(const std::filesystem::path& folder,
                                               std::initializer_list<const char*> files) {
  auto why = why_not_readable(folder);
  for (const char* const file : files) {
    if (!why) why = why_not_readable(folder / file);
  }
  return why;
}

}  // namespace

std::optional<std::string> why_site_cannot_be_told(const std::filesystem::path& spool_directory) {
  return why_not_readable_in(
      spool_directory,
      {kAgentLockFile, kAgentFile, forward::kForwardLockFile, forward::kForwardStatusFile,
       fanout::kFanOutLockFile, fanout::kFanOutStatusFile});
}

std::optional<std::string> why_listener_cannot_be_told(const std::filesystem::path& linac_folder) {
  auto why = why_not_readable(linac_folder.parent_path());
  if (!why) {
    why = why_not_readable_in(linac_folder, {spool::kLockFile, listen::kListenerStatusFile});
  }
  return why;
}

}  // namespace icom::supervise
