// Whose a file is.
#pragma once

#include <filesystem>
#include <optional>

#include "common/os/users.hpp"

namespace icom::os {

/// The account that it belongs to; nullopt if it is not there, or cannot be looked at. Follows
/// links.
std::optional<UserId> owner_of(const std::filesystem::path& file);

/// Whether both belong to the same account. False if either is not there. Follows links.
bool same_owner(const std::filesystem::path& file, const std::filesystem::path& other);

}  // namespace icom::os
