// icom-agent's commands on its command line. Each knows its own options; what they do is elsewhere.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>

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
void add_run(CLI::App& app, Action& asked, const std::filesystem::path& program_folder);
void add_status(CLI::App& app, Action& asked);
void add_add_linac(CLI::App& app, Action& asked);
void add_remove_linac(CLI::App& app, Action& asked);
void add_probe(CLI::App& app, Action& asked);
void add_drain(CLI::App& app, Action& asked);
void add_resume(CLI::App& app, Action& asked);
void add_stop(CLI::App& app, Action& asked);
void add_upgrade(CLI::App& app, Action& asked);
void add_enrol(CLI::App& app, Action& asked);
void add_rotate(CLI::App& app, Action& asked);

/// For a command that does something at the site: run by root, only where the spool is in the same
/// hands as the settings. Throws ConfigError, and std::runtime_error.
config::SiteSettings site_to_act_at(const std::filesystem::path& site_file);

/// An option that several have: whose site it is.
void add_site_option(CLI::App& command, std::filesystem::path& site_file);

}  // namespace icom::supervise
