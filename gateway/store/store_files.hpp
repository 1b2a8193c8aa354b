// The files of a store's folder.
#pragma once

#include <filesystem>
#include <memory>

#include "common/os/file_system.hpp"

namespace icom::store {

std::filesystem::path database_file(const std::filesystem::path& folder);
/// Held by the one process that writes the store.
std::filesystem::path lock_file(const std::filesystem::path& folder);

/// Makes the folder and the database file where they are missing, for the owner and the group only:
/// there are patients' names in them. Returns the lock that keeps a second writer away. Throws
/// std::runtime_error: what, where, what to do.
std::unique_ptr<os::File> claim_folder(const std::filesystem::path& folder);

}  // namespace icom::store
