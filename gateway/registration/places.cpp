#include "gateway/registration/places.hpp"

#include "common/os/file_system.hpp"

namespace icom::registration {

namespace {

/// What is listened on at every address of the machine is reached by loopback.
config::Address as_reached(const config::Address& ingest) {
  if (ingest.host == "0.0.0.0") return {"127.0.0.1", ingest.port};
  if (ingest.host == "::") return {"::1", ingest.port};
  return ingest;
}

}  // namespace

std::filesystem::path Places::site_file(const std::string& site) const {
  return sites / (site + ".yaml");
}

std::filesystem::path Places::token(const std::string& site) const {
  return tokens / (site + ".token");
}

std::filesystem::path Places::next_token(const std::string& site) const {
  return tokens / (site + ".next.token");
}

std::filesystem::path Places::authorized_keys() const {
  return registration / "authorized_keys";
}

Places places_of(const config::GatewaySettings& settings) {
  return {settings.sites_folder, settings.tokens_folder, settings.registration,
          as_reached(settings.ingest)};
}

void make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return;
  if (!folder.parent_path().empty() && folder.parent_path() != folder) {
    make_private_folder(folder.parent_path());
  }
  error = os::real_file_system().create_folder_for(folder, os::Access::owner);
  if (error && error != std::errc::file_exists) {
    throw RegistrationError("cannot make the folder " + folder.string() + " (" + error.message() +
                            "): correct the rights, or `registration` in gateway.yaml");
  }
}

}  // namespace icom::registration
