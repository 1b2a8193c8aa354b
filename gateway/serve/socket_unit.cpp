#include "gateway/serve/socket_unit.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <string_view>
#include <system_error>

#include "common/config/address.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

constexpr const char* kUnit = "icom-gateway.socket";
constexpr std::uintmax_t kMostBytes = 64 << 10;

std::string trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// systemd takes a port alone for all addresses of the machine.
std::string address_text(const std::string& stream) {
  if (stream.find_first_not_of("0123456789") == std::string::npos) return "[::]:" + stream;
  const auto address = config::parse_address(stream, 0);
  return address ? address->text() : stream;
}

void read_unit(const fs::path& file, std::vector<std::string>& addresses) {
  std::error_code unknown;
  if (const auto size = fs::file_size(file, unknown); unknown || size > kMostBytes) return;
  std::ifstream stream(file);
  constexpr std::string_view kKey = "ListenStream";
  for (std::string line; std::getline(stream, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || trimmed(line.substr(0, equals)) != kKey) continue;
    const std::string value = trimmed(line.substr(equals + 1));
    if (value.empty()) {
      addresses.clear();
    } else {
      addresses.push_back(address_text(value));
    }
  }
}

/// In the order in which they apply.
std::vector<fs::path> drop_ins(const std::vector<fs::path>& folders) {
  std::map<std::string, fs::path> by_name;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::directory_iterator at(folder / (std::string(kUnit) + ".d"), error), end;
         !error && at != end; at.increment(error)) {
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

std::vector<std::string> socket_unit_addresses(const std::vector<fs::path>& folders) {
  std::error_code unknown;
  const auto has_it = [&unknown](const fs::path& folder) {
    return fs::exists(folder / kUnit, unknown);
  };
  const auto first = std::ranges::find_if(folders, has_it);
  if (first == folders.end()) return {};
  const fs::path unit = *first / kUnit;
  // A link to /dev/null, or an empty file, masks those of the folders behind it, and all drop-ins.
  if (!fs::is_regular_file(unit, unknown) || fs::file_size(unit, unknown) == 0) return {};
  std::vector<std::string> addresses;
  read_unit(unit, addresses);
  for (const fs::path& file : drop_ins(folders)) read_unit(file, addresses);
  return addresses;
}

}  // namespace icom::serve
