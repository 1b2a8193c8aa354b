// Private files of a site that take the place of others as a whole.
#pragma once

#include <filesystem>
#include <string>

#include "common/os/file_system.hpp"
#include "common/ssh/private_key.hpp"

namespace icom::enrol {

/// Beside the key and the token while a rotation is under way. The new key is there first and is
/// put in its place first; so a new token alone means that both were proved, and the key is in its
/// place already.
std::filesystem::path next_of(std::filesystem::path file);

/// Writes `text` for the owner alone, durably and as a whole. Throws std::runtime_error, saying
/// what to do.
void write_private(os::FileSystem& files, const std::filesystem::path& file,
                   const std::string& text);

/// What a write_private() of it that was cut off has left goes, too. Does nothing if there is
/// nothing. Throws std::runtime_error.
void remove(os::FileSystem& files, const std::filesystem::path& file);

/// `file` takes the place of `old`, durably. Throws std::runtime_error.
void replace(os::FileSystem& files, const std::filesystem::path& file,
             const std::filesystem::path& old);

/// The key in `file`, which is made if there is none that can be used. Throws std::runtime_error.
ssh::PrivateKey key_in(os::FileSystem& files, const std::filesystem::path& file,
                       const std::string& comment);

}  // namespace icom::enrol
