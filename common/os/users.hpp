// Accounts of this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace icom::os {

using UserId = std::uint32_t;

/// The number that this text is; nullopt if it is none.
std::optional<UserId> user_number(const std::string& text);
/// nullopt if there is no such account. Asks the machine's directory service, which answers when it
/// likes: not for an event loop. Throws std::system_error if that fails. Thread-safe.
std::optional<UserId> user_id(const std::string& name);
/// The number as text if it has no name. Asks the directory service, too.
std::string user_name(UserId user);
/// Whom this process acts for.
UserId own_user();

/// For a command that root runs on a file in somebody else's folder: the process is the folder's
/// owner's from now on, so that whoever changes names in there meanwhile reaches nothing that is
/// not his. A link in the folder's place is its maker's. Nothing happens where the process is not
/// root's, or the folder is. Throws std::system_error where it cannot be done. Not beside other
/// threads.
void become_owner_of(const std::filesystem::path& folder);

}  // namespace icom::os
