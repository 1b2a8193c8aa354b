// icom-agent's commands on its command line. Each knows its own options; what they do is elsewhere.
#pragma once

#include <filesystem>
#include <functional>

#include "common/cli/program.hpp"
#include "common/config/site_settings.hpp"

namespace icom::supervise {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

inline constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 wrong usage or settings.";

/// What the command line asks for: returns the exit code; throws ConfigError or
/// std::invalid_argument for wrong settings or usage.
using Action = std::function<int()>;

/// Each adds its command to `app`, which puts its action into `asked` when it finds the command on
/// the command line. `asked` is to outlive `app`.
/// `program_folder`: where the other programs are unless told otherwise.
void add_run(const cli::Command& app, Action& asked, const std::filesystem::path& program_folder);
void add_status(const cli::Command& app, Action& asked);
void add_add_linac(const cli::Command& app, Action& asked);
void add_remove_linac(const cli::Command& app, Action& asked);
void add_probe(const cli::Command& app, Action& asked);
void add_drain(const cli::Command& app, Action& asked);
void add_resume(const cli::Command& app, Action& asked);
void add_stop(const cli::Command& app, Action& asked);
void add_upgrade(const cli::Command& app, Action& asked);
void add_enrol(const cli::Command& app, Action& asked);
void add_rotate(const cli::Command& app, Action& asked);

/// For a command that does something at the site: run by root, only where the spool is in the same
/// hands as the settings. Throws ConfigError, and std::runtime_error.
config::SiteSettings site_to_act_at(const std::filesystem::path& site_file);

/// An option that several have: whose site it is.
void add_site_option(const cli::Command& command, std::filesystem::path& site_file);

}  // namespace icom::supervise
