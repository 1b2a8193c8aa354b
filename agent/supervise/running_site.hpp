// The settings that a running `icom-agent run` works with, for whoever finds an error in the file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/supervise/agent_file.hpp"
#include "common/config/site_settings.hpp"
#include "common/os/file_system.hpp"

namespace icom::supervise {

/// In the spool directory: the site's file as it was when it was last taken.
inline constexpr const char* kRunningSiteFile = "site.running.yaml";

/// The text of `site_file`, if it still says what `running` has been read from it: somebody may be
/// changing it.
std::optional<std::string> text_of_running_site(os::FileSystem& files,
                                                const std::filesystem::path& site_file,
                                                const config::SiteSettings& running);

struct RunningSite {
  AgentFile agent;
  config::SiteSettings settings;
};

/// By what is left there, and by the place of the spool directory in `site_file`, however broken
/// that is. Nothing if no `icom-agent run` runs there, or it does not tell.
std::optional<RunningSite> find_running_site(os::FileSystem& files,
                                             const std::filesystem::path& site_file);

/// Likewise, of the one that works in this spool directory.
std::optional<RunningSite> running_site_in(os::FileSystem& files,
                                           const std::filesystem::path& site_file,
                                           const std::filesystem::path& spool);

}  // namespace icom::supervise
