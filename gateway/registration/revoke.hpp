// `icom-gateway revoke` and `reconnect`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/registration/places.hpp"
#include "gateway/registration/ssh_sessions.hpp"

namespace icom::registration {

struct Revoked {
  bool by_hand = false;  ///< its key was not made known by enrolling: somebody wrote it somewhere
  EndedSessions sessions;
  /// One sentence for each thing that could not be made void: the site may still come in by it.
  std::vector<std::string> problems;
};

/// The site's key, token and enrolment file are void from now on, and its SSH connections are
/// ended. Its file and everything stored stay. A gateway that runs notices within a second or so.
/// Works also while the site's file, or another's, is broken. What fails keeps nothing else from
/// being done. `now`: seconds since 1970, UTC.
/// Throws RegistrationError if nothing could be done.
Revoked revoke(const Places& places, const std::string& site, std::int64_t now);

/// Ends the site's SSH connections. Nothing is made void: its agent logs in again at once, with the
/// keys and the forwards that the site has now. sshd itself asks for these at a login only.
/// Throws RegistrationError if nothing could be done.
EndedSessions reconnect(const Places& places, const std::string& site, std::int64_t now);

}  // namespace icom::registration
