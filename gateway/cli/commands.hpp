// icom-gateway's commands on its command line. Each knows its own options; what they do is
// elsewhere.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "common/cli/program.hpp"
#include "common/config/gateway_settings.hpp"
#include "gateway/readers/reader_request.hpp"

namespace icom::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

/// What the command line asks for: returns the exit code; throws ConfigError or
/// std::invalid_argument for wrong settings or usage.
using Action = std::function<int()>;

/// Each adds its command to `app`, which puts its action into `asked` when it finds the command on
/// the command line. `asked` is to outlive `app`.
void add_serve(const Command& app, Action& asked);
void add_check(const Command& app, Action& asked);
void add_answer(const Command& app, Action& asked);
void add_records(const Command& app, Action& asked);
void add_export(const Command& app, Action& asked);
void add_ledger(const Command& app, Action& asked);
void add_gaps(const Command& app, Action& asked);
void add_clocks(const Command& app, Action& asked);
void add_sites(const Command& app, Action& asked);
void add_machine_id(const Command& app, Action& asked);
void add_add_site(const Command& app, Action& asked);
void add_revoke(const Command& app, Action& asked);
void add_reconnect(const Command& app, Action& asked);
void add_authorized_keys(const Command& app, Action& asked);
void add_pending(const Command& app, Action& asked);
void add_approve(const Command& app, Action& asked);
void add_reject(const Command& app, Action& asked);
void add_pymedphys_config(const Command& app, Action& asked);

// Options that several have.

/// Where the gateway's settings are.
void add_config_option(const Command& command, std::filesystem::path& config);

/// Which Linac, and what time, as the user wrote them.
struct LinacAndTime {
  std::string linac;
  std::string since;
  std::string until = {};

  [[nodiscard]] readers::ReaderRequest request(readers::Question question, bool json) const;
};
void add_linac_option(const Command& command, std::string& linac);
/// `what` says which times count.
void add_since_option(const Command& command, std::string& since, const char* what);
void add_until_option(const Command& command, std::string& until, const char* what);

/// What the user wrote, or nothing where nothing was given.
std::optional<std::string> given_text(const std::string& text);
/// Likewise; the option's own check has seen that it is a time.
std::optional<std::int64_t> given_time(const std::string& text);

/// For a command that changes something in the places which the settings name; run by root, only
/// where these are in the same hands as the settings. Throws as they do, and std::runtime_error.
config::GatewaySettings settings_to_change(const std::filesystem::path& config);
/// The check alone, of settings that are loaded; require_registration() is part of it.
void require_changeable(const std::filesystem::path& config,
                        const config::GatewaySettings& settings);
/// Throws std::runtime_error, saying what to do, where `registration` is on the store's disk and
/// that is not mounted.
void require_registration(const config::GatewaySettings& settings);
/// The store's folder, by the gateway's settings. Throws ConfigError.
std::filesystem::path store_of(const std::filesystem::path& config);

/// All of `out` is written: kDone. Throws std::runtime_error, naming it, if it is not.
int end_output(std::ostream& out, const std::string& name);
/// Of the standard output.
int end_standard_output();

/// answer_for() on the standard output and the standard error. Gives the exit code.
int print_answer(const std::filesystem::path& config, const readers::ReaderRequest& request);

}  // namespace icom::cli
