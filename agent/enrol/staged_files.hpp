// Private files of a site that take the place of others as a whole.
#pragma once

#include <filesystem>
#include <string>

#include "common/os/file_system.hpp"
#include "common/ssh/private_key.hpp"

namespace icom::enrol {

/// Writes `text` for the owner alone, durably and as a whole. Throws std::runtime_error, saying
/// what to do.
void write_private(os::FileSystem& files, const std::filesystem::path& file,
                   const std::string& text);

/// Does nothing if it is not there. Throws std::runtime_error.
void remove(os::FileSystem& files, const std::filesystem::path& file);

/// `file` takes the place of `old`, durably. Throws std::runtime_error.
void replace(os::FileSystem& files, const std::filesystem::path& file,
             const std::filesystem::path& old);

/// The key in `file`, which is made if there is none that can be used. Throws std::runtime_error.
ssh::PrivateKey key_in(os::FileSystem& files, const std::filesystem::path& file,
                       const std::string& comment);

}  // namespace icom::enrol
