#include <iostream>
#include <stdexcept>

#include "common/config/gateway_settings.hpp"
#include "common/os/way_owner.hpp"
#include "gateway/cli/answer.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/linac_time_text.hpp"
#include "gateway/serve/known_stores.hpp"

namespace icom::cli {

namespace {

std::string check_time(const std::string& text) {
  return parse_linac_time(text) ? std::string()
                                : "'" + text +
                                      "' is no time: 2026-03-02, 2026-03-02T08:00 or "
                                      "2026-03-02T08:00:06 is expected";
}

}  // namespace

void add_config_option(const Command& command, std::filesystem::path& config) {
  config = config::kUsualGatewaySettings;
  command.add_option("--config", config, "the gateway's settings")
      .type_name("FILE")
      .capture_default_str();
}

void add_linac_option(const Command& command, std::string& linac) {
  command.add_option("--linac", linac, "only of the Linac with this serial number")
      .type_name("SERIAL");
}

void add_since_option(const Command& command, std::string& since, const char* what) {
  command.add_option("--since", since, what).type_name("TIME").check(check_time);
}

void add_until_option(const Command& command, std::string& until, const char* what) {
  command.add_option("--until", until, what).type_name("TIME").check(check_time);
}

readers::ReaderRequest LinacAndTime::request(readers::Question question, bool json) const {
  return {.question = question,
          .linac = given_text(linac),
          .since = given_time(since),
          .until = given_time(until),
          .json = json};
}

std::optional<std::string> given_text(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<std::int64_t> given_time(const std::string& text) {
  return text.empty() ? std::nullopt : parse_linac_time(text);
}

config::GatewaySettings settings_to_change(const std::filesystem::path& config) {
  config::GatewaySettings settings = config::load_gateway_alone(config);
  require_changeable(config, settings);
  return settings;
}

void require_changeable(const std::filesystem::path& config,
                        const config::GatewaySettings& settings) {
  os::require_same_hands(config,
                         {settings.sites_folder, settings.tokens_folder, settings.registration});
  require_registration(settings);
}

void require_registration(const config::GatewaySettings& settings) {
  if (const std::string lost = serve::lost_registration(settings); !lost.empty()) {
    throw std::runtime_error(lost);
  }
}

std::filesystem::path store_of(const std::filesystem::path& config) {
  return config::load_gateway_alone(config).store;
}

int end_output(std::ostream& out, const std::string& name) {
  out.flush();
  if (!out) {
    throw std::runtime_error("cannot write to " + name + ": the disk may be full");
  }
  return kDone;
}

int end_standard_output() {
  return end_output(std::cout, "the standard output");
}

int print_answer(const std::filesystem::path& config, const readers::ReaderRequest& request) {
  const bool is_whole = answer_for(config, request, std::cout, std::cerr);
  const int end = end_standard_output();
  return is_whole ? end : kFailed;
}

}  // namespace icom::cli
