// Locks that somebody who removes a lock's file does not open.
#pragma once

#include <filesystem>
#include <memory>
#include <system_error>

#include "common/os/file_system.hpp"

namespace icom::os {

/// FileSystem::lock() and FileSystem::lock_is_held() of the machine's own file system.
///
/// Two locks stand for one: the file's (flock), which earlier versions know too, and a byte of the
/// folder, chosen by the file's name. The folder cannot be removed while anything is in it, so a
/// second process that makes the file anew finds the byte taken. Only shared locks may be taken on
/// a folder, which cannot be opened for writing: so a holder takes one, and looks whether it is
/// alone.
std::error_code lock_file(const std::filesystem::path& path, std::unique_ptr<File>& held);
bool file_is_locked(const std::filesystem::path& path);

}  // namespace icom::os
