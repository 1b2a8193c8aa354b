// The files of a store's folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "common/os/file_system.hpp"

namespace icom::store {

std::filesystem::path database_file(const std::filesystem::path& folder);
/// Held by the one process that writes the store.
std::filesystem::path lock_file(const std::filesystem::path& folder);

/// So large no WAL gets that starts over now and then: the writer moves it at 32 MB at the latest,
/// and cuts it back to 64 MB when it starts over. One that does not is held up by readers, whose
/// snapshots follow each other without a pause.
inline constexpr std::uintmax_t kMostWalBytes = std::uintmax_t{128} << 20U;
/// It is larger than that, and was written within `lately`: nobody should begin to read now who can
/// as well come later. One that is not written any more is nobody's harm.
bool wal_is_held_up(const std::filesystem::path& folder, std::chrono::seconds lately);

/// Makes the folder and the database file where they are missing, for the owner and the group only:
/// there are patients' names in them. Returns the lock that keeps a second writer away. Throws
/// std::runtime_error: what, where, what to do.
std::unique_ptr<os::File> claim_folder(const std::filesystem::path& folder);

}  // namespace icom::store
