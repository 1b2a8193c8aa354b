// Which SSH connections a site has: what lets `revoke` and `reconnect` end them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace icom::registration {

/// sshd has a process for each connection, which asks icom-gateway for the key's line: that process
/// is remembered in <registration>/sessions/, by its number and the moment when it began, which
/// together name no other process for as long as the machine runs, and the site. A client may offer
/// several keys: such a process is remembered for each site that they are of. By which it was let
/// in, if at all, is not known; ending it does no harm either way.

/// For `icom-gateway authorized-keys`: its parent process is a connection of this site. Forgets
/// those that are over. Throws RegistrationError.
void remember_parent_as_session(const std::filesystem::path& registration, const std::string& site);

struct EndedSessions {
  std::size_t ended = 0;
  std::vector<std::string> left;  ///< one sentence for each that could not be ended
};

/// Ends them by SIGKILL, their forwards with them; to be called once what sshd reads at the next
/// login is as it should be. Waits for their end, two seconds at most. Needs root where the
/// gateway's account is not the tunnels'.
EndedSessions end_sessions(const std::filesystem::path& registration, const std::string& site);

}  // namespace icom::registration
