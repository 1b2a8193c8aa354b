// What a program of a site keeps in the spool directory: the lock that makes it the only one, and
// its status.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/os/file_system.hpp"

namespace icom::program {

/// Held until the returned object goes. Nothing, the reason being logged, if another process holds
/// it (`another`: "another icom-forward sends the spools in"), or the directory cannot be used.
std::unique_ptr<os::File> lock_spool_directory(const std::filesystem::path& directory,
                                               const char* lock_file, const char* another);

/// Takes the place of what stood there. A failure is worth a line for debugging only: the next one
/// comes soon.
void write_status(const std::filesystem::path& file, const std::string& json);

}  // namespace icom::program
