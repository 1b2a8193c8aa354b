// What is said of a file that this account may not read.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace icom::config {

/// For refuse_file(): `a file that account icom-agent can read; /etc/icom is account
/// icom-gateway's:
/// ...`, with what to do. Of another error than that of missing rights the system's words.
std::string readable_file(const std::filesystem::path& file, std::error_code error);

/// Whether there is such a file, or folder; links are followed. Throws std::runtime_error where
/// this account may not look, with what to do.
bool is_there(const std::filesystem::path& file);

}  // namespace icom::config
