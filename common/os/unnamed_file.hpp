// A file without a name: nobody else gets at what is in it, and it is gone with whoever has it
// open.
#pragma once

#include <filesystem>
#include <memory>
#include <system_error>

#include "common/os/file_system.hpp"

namespace icom::os {

/// Makes one on the disk of this folder, for reading and appending.
std::error_code make_unnamed_file(const std::filesystem::path& folder, std::unique_ptr<File>& file);

}  // namespace icom::os
