#include "common/cli/usage.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "common/text/nearest.hpp"

namespace icom::cli {

namespace {

/// The command that was chosen, of commands the innermost.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* chosen = &app;
  for (auto within = app.get_subcommands(); !within.empty(); within = chosen->get_subcommands()) {
    chosen = within.front();
  }
  return *chosen;
}

std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

/// Where the command of the other program is to be run; empty if it has none of this name.
std::string at_the_other(const std::string& command, const std::string& program) {
  constexpr std::array kAgents{"run",    "status", "add-linac", "remove-linac", "probe", "drain",
                               "resume", "stop",   "upgrade",   "enrol",        "rotate"};
  constexpr std::array kGateways{"serve",  "check",  "add-site",   "pending",         "approve",
                                 "reject", "revoke", "reconnect",  "records",         "export",
                                 "ledger", "gaps",   "machine-id", "pymedphys-config"};
  if (program == "icom-gateway" && std::ranges::find(kAgents, command) != kAgents.end()) {
    return "that is a command of icom-agent, at the Linacs' site";
  }
  if (program == "icom-agent" && std::ranges::find(kGateways, command) != kGateways.end()) {
    return "that is a command of icom-gateway, at the hosting site";
  }
  return "";
}

/// Empty if nothing is to be said of it.
std::string hint_on(const std::string& word, const CLI::App& chosen) {
  const bool is_option = word.starts_with('-');
  const std::vector<std::string> names =
      is_option ? names_of_options(chosen) : names_of_commands(chosen);
  if (names.empty()) return "";
  if (std::string other = at_the_other(word, chosen.get_name()); !other.empty()) return other;
  const std::string written = word.substr(0, is_option ? word.find('=') : std::string::npos);
  if (const std::string* const meant = text::nearest(names, written)) {
    return "there is no " + std::string(is_option ? "option " : "command ") + written +
           ": did you mean " + *meant + "?";
  }
  return is_option ? "" : "there is no command '" + word + "'";
}

}  // namespace

int tell_usage(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (error.get_exit_code() == 0 || unknown.empty()) return app.exit(error);
  const std::string hint = hint_on(unknown.front(), innermost(app));
  if (hint.empty()) return app.exit(error);
  // What the parser misses is missing because of this word.
  std::cerr << hint << "\nRun with --help for more information.\n";
  return error.get_exit_code();
}

}  // namespace icom::cli
