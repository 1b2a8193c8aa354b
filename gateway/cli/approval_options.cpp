#include <iostream>
#include <memory>
#include <stdexcept>

#include "common/os/file_system.hpp"
#include "gateway/cli/approval.hpp"
#include "gateway/cli/commands.hpp"

namespace icom::cli {

namespace {

struct ApprovalGiven {
  std::filesystem::path config;
  std::string site;
  std::string serial;
  bool all = false;
  bool json = false;
};

pending::PendingLinacs pending_of(const config::GatewaySettings& settings) {
  return {os::real_file_system(), settings.registration / pending::kFolder};
}

void add_site_and_serial(const Command& command, ApprovalGiven& given) {
  command.add_option("SITE", given.site, "the site that has the Linac").required();
  command.add_option("SERIAL", given.serial, "the Linac's");
}

int approve_given(const ApprovalGiven& given) {
  const auto settings = config::load_usable_gateway(given.config);
  require_changeable(given.config, settings);
  auto pending = pending_of(settings);
  if (given.all) {
    return approve_all(settings, pending, given.site, std::cout, std::cerr) == 0 ? kDone : kFailed;
  }
  approve(settings, pending, given.site, given.serial, std::cout);
  return end_standard_output();
}

}  // namespace

void add_pending(const Command& app, Action& asked) {
  auto given = std::make_shared<ApprovalGiven>();
  const auto command = app.add_subcommand(
      "pending",
      "List the Linacs that sites have and nobody has approved here: nothing of them is "
      "stored yet, and their sites' spools keep everything");
  add_config_option(command, given->config);
  command.add_flag("--json", given->json, "one JSON object a line instead of a table");
  command.callback([given, &asked] {
    asked = [given] {
      const auto settings = config::load_usable_gateway(given->config);
      require_registration(settings);
      const bool is_whole =
          list_pending(settings, pending_of(settings), given->json, std::cout, std::cerr) == 0;
      const int code = end_standard_output();
      return is_whole ? code : kFailed;
    };
  });
}

void add_approve(const Command& app, Action& asked) {
  auto given = std::make_shared<ApprovalGiven>();
  const auto command = app.add_subcommand(
      "approve",
      "Register a Linac that waits: writes it into the site's file here. A running "
      "gateway takes it up, and its site sends everything from the start of its spool");
  add_config_option(command, given->config);
  add_site_and_serial(command, *given);
  command.add_flag("--all", given->all, "every Linac of the site that waits");
  command.callback([given, &asked] {
    asked = [given] {
      if (given->all != given->serial.empty()) {
        throw std::invalid_argument("approve: give the Linac's SERIAL, or --all");
      }
      return approve_given(*given);
    };
  });
}

void add_reject(const Command& app, Action& asked) {
  auto given = std::make_shared<ApprovalGiven>();
  const auto command =
      app.add_subcommand("reject", "Decide against a Linac that waits; 'approve' takes that back");
  add_config_option(command, given->config);
  add_site_and_serial(command, *given);
  command.get_option("SERIAL").required();
  command.callback([given, &asked] {
    asked = [given] {
      auto pending = pending_of(settings_to_change(given->config));
      reject(pending, given->site, given->serial, std::cout);
      return end_standard_output();
    };
  });
}

}  // namespace icom::cli
