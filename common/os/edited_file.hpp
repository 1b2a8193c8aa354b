// A text file that people edit, too: what a command writes into it must not undo what somebody
// else has just saved.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/os/file_system.hpp"

namespace icom::os {

/// The content of a file of at most `max_bytes`. Throws std::runtime_error, naming the file.
std::string read_text_file(FileSystem& files, const std::filesystem::path& file,
                           std::uint64_t max_bytes);

/// Puts `after` in the place of `before`: atomically, durably, with the file's owner and mode kept,
/// through a symbolic link into what it names. Throws std::runtime_error, saying what to do, where
/// the content is no longer `before`, another such command is writing, or the disk refuses; the
/// file is then as it was. `.<name>.lock` beside the file is held meanwhile, and stays.
void rewrite_edited_file(FileSystem& files, const std::filesystem::path& file,
                         std::string_view before, std::string_view after);

}  // namespace icom::os
