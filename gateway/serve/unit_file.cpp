#include "gateway/serve/unit_file.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/os/read_file.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostUnitBytes = 64 << 10;

std::string trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

void read_unit(const fs::path& file, const std::string& key, std::vector<std::string>& values) {
  std::string content;
  if (os::read_file(os::real_file_system(), file, kMostUnitBytes, content)) return;
  std::istringstream stream(std::move(content));
  for (std::string line; std::getline(stream, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || trimmed(line.substr(0, equals)) != key) continue;
    const std::string value = trimmed(line.substr(equals + 1));
    if (value.empty()) {
      values.clear();
    } else {
      values.push_back(value);
    }
  }
}

/// In the order in which they apply.
std::vector<fs::path> drop_ins(const std::string& unit, const std::vector<fs::path>& folders) {
  std::map<std::string, fs::path> by_name;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::directory_iterator at(folder / (unit + ".d"), error), end; !error && at != end;
         at.increment(error)) {
      if (at->path().extension() == ".conf") {
        by_name.try_emplace(at->path().filename().string(), at->path());
      }
    }
  }
  std::vector<fs::path> files;
  for (const auto& [name, file] : by_name) files.push_back(file);
  return files;
}

}  // namespace

std::vector<fs::path> unit_folders() {
  return {"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
          "/usr/lib/systemd/system"};
}

std::optional<std::vector<std::string>> unit_values(const std::string& unit, const std::string& key,
                                                    const std::vector<fs::path>& folders) {
  std::error_code unknown;
  const auto has_it = [&](const fs::path& folder) { return fs::exists(folder / unit, unknown); };
  const auto first = std::ranges::find_if(folders, has_it);
  if (first == folders.end()) return std::nullopt;
  const fs::path file = *first / unit;
  // A link to /dev/null, or an empty file, masks those of the folders behind it, and all drop-ins.
  if (!fs::is_regular_file(file, unknown) || fs::file_size(file, unknown) == 0) return std::nullopt;
  std::vector<std::string> values;
  read_unit(file, key, values);
  for (const fs::path& drop_in : drop_ins(unit, folders)) read_unit(drop_in, key, values);
  return values;
}

}  // namespace icom::serve
