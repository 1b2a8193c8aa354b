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

}  // namespace icom::config
