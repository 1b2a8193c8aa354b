#include "common/config/timezone.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "common/os/read_file.hpp"
#include "common/text/nearest.hpp"

namespace icom::config {
namespace {

constexpr std::uint64_t kMaxZoneList = 1U << 20U;
/// A file of a zone begins so.
constexpr std::string_view kMagic = "TZif";

/// Also keeps the name from leading out of the database's folder.
bool is_well_formed(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '+' || c == '_' || c == '/';
  };
  return !name.empty() && std::ranges::all_of(name, letter) && name.front() != '/' &&
         name.back() != '/';
}

/// The zones that the database lists for people to choose from.
std::vector<std::string> listed_zones(const std::filesystem::path& database) {
  std::vector<std::string> zones;
  std::string content;
  if (os::read_file(os::real_file_system(), database / "zone.tab", kMaxZoneList, content))
    return {};
  std::istringstream list(std::move(content));
  std::string line;
  while (std::getline(list, line)) {
    std::istringstream columns(line);
    std::string country;
    std::string place;
    std::string zone;
    if (line.starts_with('#') || !(columns >> country >> place >> zone)) continue;
    zones.push_back(zone);
  }
  return zones;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

bool timezone_exists(std::string_view name, const std::filesystem::path& database) {
  if (!is_well_formed(name)) return false;
  std::error_code error;
  if (!std::filesystem::is_directory(database, error)) return true;
  std::unique_ptr<os::File> zone;
  std::array<char, kMagic.size()> magic{};
  std::size_t got = 0;
  return !os::real_file_system().open_read(database / name, zone) &&
         !zone->read_at(0, std::as_writable_bytes(std::span(magic)), got) &&
         std::string_view(magic.data(), got) == kMagic;
}

std::optional<std::string> timezone_meant_by(std::string_view name,
                                             const std::filesystem::path& database) {
  const std::vector<std::string> zones = listed_zones(database);
  std::string wanted = lower(name);
  std::ranges::replace(wanted, ' ', '_');
  for (const std::string& zone : zones) {
    const std::string known = lower(zone);
    if (known == wanted || known.ends_with('/' + wanted)) return zone;
  }
  const std::string* const meant = text::nearest(zones, name);
  return meant == nullptr ? std::nullopt : std::optional(*meant);
}

}  // namespace icom::config
