// Whose a file is.
#pragma once

#include <filesystem>
#include <optional>
#include <system_error>

#include "common/os/file_system.hpp"
#include "common/os/users.hpp"

namespace icom::os {

/// The account that it belongs to; nullopt if it is not there, or cannot be looked at. Follows
/// links.
std::optional<UserId> owner_of(const std::filesystem::path& file);

/// True if it is this account's rights that keep the file from being read, on the way to it as
/// well. False for what is not there.
bool is_closed_to_us(const std::filesystem::path& file);

/// Why this account cannot read the file or, of a folder, list it and go on from it. No error if it
/// can, and if nothing is there.
std::error_code why_not_readable(const std::filesystem::path& path);

/// Whether this account may make and remove names in a folder, as far as its rights tell. False if
/// it is not there.
bool may_write_in(const std::filesystem::path& folder);

/// Whether others than its owner may, by its mode: the group, or all. Also true where that cannot
/// be told.
bool may_others_write_in(const std::filesystem::path& folder);

/// Whether a folder's mode lets members of the group list it and go on from it. False if it is not
/// there. Follows links; knows nothing of access lists.
bool is_open_to_group(const std::filesystem::path& folder, UserId group);

/// Whether its group has root for its only member, whether as its own group or as another. False if
/// it is not there, or nobody is in the group. Asks the directory service. Not thread-safe.
bool is_of_roots_own_group(const std::filesystem::path& file);

/// Whether both belong to the same account. False if either is not there. Follows links.
bool same_owner(const std::filesystem::path& file, const std::filesystem::path& other);

/// A new file is read by nobody but its owner and the group of whoever made it: a folder's setgid
/// bit and its default rights hand down others', who need not be let read it. Where they cannot be
/// taken away it is its owner's alone.
void keep_to_own_group(File& file);

}  // namespace icom::os
