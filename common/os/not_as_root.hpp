// Whether root may run a service by hand.
#pragma once

#include <filesystem>
#include <string>

namespace icom::os {

/// What root says at a terminal instead of running a service whose `folder` is another account's:
/// what it made there that account could not use afterwards. Empty if it may: as another account,
/// where the folder is not there, and as a unit of systemd's, which says as whom it runs.
std::string why_not_as_root(const std::filesystem::path& folder, const std::string& unit);

}  // namespace icom::os
