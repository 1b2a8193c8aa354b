#include "common/config/config_error.hpp"

#include <utility>

#include "common/os/path_text.hpp"
#include "common/text/control.hpp"

namespace icom::config {
namespace {

std::string lines(const std::vector<Problem>& problems) {
  std::string all;
  for (const Problem& problem : problems) {
    if (!all.empty()) all += '\n';
    all += problem.text();
  }
  return all;
}

}  // namespace

std::string Problem::text() const {
  // Whoever owns a folder names the files in it, and others read the names in their terminals.
  std::string all = text::without_controls(file);
  if (line > 0) all += ':' + std::to_string(line);
  all += ": ";
  if (!key.empty()) all += key + ": ";
  if (!read.empty()) all += "read \"" + read + "\", ";
  return all + "expected " + expected;
}

ConfigError::ConfigError(std::vector<Problem> problems)
    : std::runtime_error(lines(problems)), problems_(std::move(problems)) {}

void refuse_file(const std::filesystem::path& file, const std::string& expected) {
  throw ConfigError({Problem{os::utf8(file), 0, 0, "", "", expected}});
}

}  // namespace icom::config
