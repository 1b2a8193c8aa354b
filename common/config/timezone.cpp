#include "common/config/timezone.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

namespace icom::config {
namespace {

/// Also keeps the name from leading out of the database's folder.
bool is_well_formed(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '+' || c == '_' || c == '/';
  };
  return !name.empty() && std::ranges::all_of(name, letter) && name.front() != '/' &&
         name.back() != '/';
}

}  // namespace

bool timezone_exists(std::string_view name, const std::filesystem::path& database) {
  if (!is_well_formed(name)) return false;
  std::error_code error;
  if (!std::filesystem::is_directory(database, error)) return true;
  const std::filesystem::path zone = database / name;
  if (!std::filesystem::is_regular_file(zone, error)) return false;
  std::array<char, 4> magic{};
  std::ifstream file(zone, std::ios::binary);
  file.read(magic.data(), magic.size());
  return file && std::string_view(magic.data(), magic.size()) == "TZif";
}

}  // namespace icom::config
