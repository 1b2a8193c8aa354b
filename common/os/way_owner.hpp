// Which account decides where a path leads.
#pragma once

#include <filesystem>
#include <vector>

#include "common/os/users.hpp"

namespace icom::os {

/// Of the folders and links on the way to a path, and of what it names, the first that is not
/// root's: its account can have the name lead wherever it likes, at any moment.
struct WayOwner {
  UserId user = 0;
  UserId group = 0;            ///< of what is named
  std::filesystem::path what;  ///< that folder or link; where all is root's, what is named
};

/// Of what is not there the way as far as it is. Links of root's are followed, others decide.
/// Throws std::system_error where the way cannot be looked at, and std::runtime_error where there
/// is no answer to rely on: an account's folder that leads to another's, or a folder of root's in
/// which everybody may exchange names.
WayOwner owner_of_way(const std::filesystem::path& path);

/// For a command of root's: it does in the places that a file of settings names what it would not
/// do for the account in whose hands that file is. Throws std::runtime_error where the file is not
/// root's, and a place is in other hands than the file. Does nothing for other accounts.
void require_same_hands(const std::filesystem::path& settings,
                        const std::vector<std::filesystem::path>& places);

}  // namespace icom::os
