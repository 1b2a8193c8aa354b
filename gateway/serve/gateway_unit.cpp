#include "gateway/serve/gateway_unit.hpp"

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "common/config/gateway_settings.hpp"
#include "gateway/serve/unit_file.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

/// As its command line has it: `--config FILE` or `--config=FILE`.
fs::path config_in(const std::vector<std::string>& command) {
  constexpr std::string_view kOption = "--config";
  for (std::size_t i = 0; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == kOption && i + 1 < command.size()) return command[i + 1];
    if (word.starts_with(std::string(kOption) + "=")) return word.substr(kOption.size() + 1);
  }
  return config::kUsualGatewaySettings;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream words(line);
  std::vector<std::string> all;
  for (std::string word; words >> word;) all.push_back(word);
  return all;
}

bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code unknown;
  return fs::weakly_canonical(one, unknown) == fs::weakly_canonical(other, unknown);
}

/// One line may name several.
bool names_the_socket(const std::string& line) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (word == kSocketUnit) return true;
  }
  return false;
}

}  // namespace

bool unit_starts_gateway_with(const fs::path& config, const std::vector<fs::path>& units) {
  const auto starts = unit_values(kServiceUnit, "ExecStart", units);
  return starts && !starts->empty() && is_same_file(config_in(words_of(starts->back())), config);
}

bool is_gateway_with(const fs::path& config, const std::vector<std::string>& command) {
  if (command.empty() || fs::path(command.front()).filename() != "icom-gateway" ||
      std::ranges::find(command, "serve") == command.end()) {
    return false;
  }
  return is_same_file(config_in(command), config);
}

bool unit_has_its_socket_passed(const std::vector<fs::path>& units) {
  if (!unit_values(kSocketUnit, "ListenStream", units)) return false;
  constexpr std::array kPassing{"Sockets", "Requires", "BindsTo"};
  return std::ranges::any_of(kPassing, [&units](const char* key) {
    const auto lines = unit_values(kServiceUnit, key, units);
    return lines && std::ranges::any_of(*lines, names_the_socket);
  });
}

}  // namespace icom::serve
