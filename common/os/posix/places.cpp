#include "common/os/places.hpp"

#include <system_error>

namespace icom::os {

std::filesystem::path settings_folder() {
  return "/etc/icom";
}

std::filesystem::path zone_folder() {
  return "/usr/share/zoneinfo";
}

std::filesystem::path program_folder(const char* argv0) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::absolute(argv0).parent_path() : self.parent_path();
}

}  // namespace icom::os
