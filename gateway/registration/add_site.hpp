// `icom-gateway add-site`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "common/config/gateway_settings.hpp"
#include "common/os/users.hpp"

namespace icom::registration {

struct NewSite {
  std::string site;
  std::string timezone;        ///< not needed with `again`
  std::int64_t valid_for = 0;  ///< of the enrolment file, in seconds
  std::filesystem::path
      output;          ///< the enrolment file; <site>.enrol in the current folder unless given
  bool again = false;  ///< the site is there: another enrolment file, and the one before is void
};

struct AddedSite {
  std::filesystem::path site_file;
  std::filesystem::path token;
  std::filesystem::path enrolment_file;
  std::int64_t expires = 0;
  /// Whose the enrolment file is: its folder's owner's, if root has written it for him.
  std::optional<os::UserId> owner;
};

/// Writes the site's file, its token, its record and the enrolment file, or nothing at all. Throws
/// RegistrationError, saying what to do: no `tunnel` in the settings, no such time zone, a site
/// that is there (or, with `again`, is not), a folder that cannot be written. For root: acts for
/// the owner of each folder while it works there. `now`: seconds since 1970, UTC.
AddedSite add_site(const config::GatewaySettings& settings, const NewSite& wanted,
                   std::int64_t now);

}  // namespace icom::registration
