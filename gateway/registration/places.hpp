// Where the gateway keeps what it knows of sites, and what is thrown when that cannot be used.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "common/config/gateway_settings.hpp"

namespace icom::registration {

/// what() is a sentence for the operator: what failed, where, what to do. No secret.
class RegistrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Places {
  std::filesystem::path sites;         ///< <site>.yaml
  std::filesystem::path tokens;        ///< <site>.token
  std::filesystem::path registration;  ///< sites/<site>.json, authorized_keys, sessions/, lock
  config::Address ingest;              ///< as this machine's sshd reaches it

  [[nodiscard]] std::filesystem::path site_file(const std::string& site) const;
  [[nodiscard]] std::filesystem::path token(const std::string& site) const;
  /// The token that a rotation has given and not finished. A site's name has no dot, so no other
  /// site's token is named so.
  [[nodiscard]] std::filesystem::path next_token(const std::string& site) const;
  [[nodiscard]] std::filesystem::path authorized_keys() const;
};

Places places_of(const config::GatewaySettings& settings);

/// Makes the folder and what is missing above it, for nobody but its owner; made by root it belongs
/// to the owner of the folder above. Throws RegistrationError.
void make_private_folder(const std::filesystem::path& folder);

}  // namespace icom::registration
