#include "gateway/registration/used_keys.hpp"

#include <memory>

#include "common/config/name.hpp"
#include "common/os/file_system.hpp"
#include "gateway/registration/places.hpp"

namespace icom::registration {
namespace {

std::filesystem::path folder_in(const std::filesystem::path& registration) {
  return registration / "used-keys";
}

}  // namespace

void note_used_key(const std::filesystem::path& registration, const std::string& site) {
  const std::filesystem::path folder = folder_in(registration);
  make_private_folder(folder);
  std::unique_ptr<os::File> file;
  const auto error = os::real_file_system().create_for(folder / site, os::Access::owner, file);
  if (error && error != std::errc::file_exists) {
    throw RegistrationError("cannot write " + (folder / site).string() + " (" + error.message() +
                            ")");
  }
}

std::vector<std::string> take_noted_used_keys(const std::filesystem::path& registration) {
  const std::filesystem::path folder = folder_in(registration);
  std::vector<std::string> names;
  std::vector<std::string> sites;
  if (os::real_file_system().list(folder, names)) return sites;
  for (const std::string& name : names) {
    if (config::parse_name(name) && !os::real_file_system().remove(folder / name)) {
      sites.push_back(name);
    }
  }
  return sites;
}

}  // namespace icom::registration
