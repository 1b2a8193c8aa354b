// That somebody came with the key of an enrolment file that was used: who notices it, and who says
// so, are two processes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace icom::registration {

/// For `icom-gateway authorized-keys`, which sshd lets say nothing. Throws RegistrationError.
void note_used_key(const std::filesystem::path& registration, const std::string& site);

/// For the running gateway: the sites of which that was noted since it last asked.
std::vector<std::string> take_noted_used_keys(const std::filesystem::path& registration);

}  // namespace icom::registration
