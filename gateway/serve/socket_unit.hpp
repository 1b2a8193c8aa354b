// What systemd's socket unit of the gateway says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/serve/unit_file.hpp"

namespace icom::serve {

/// The addresses at which icom-gateway.socket listens, as config::Address::text() gives them where
/// they are TCP's, from its file and its drop-ins in `folders`. Empty where there is no such unit,
/// or where the first folder that has one masks it (a link to /dev/null, an empty file).
/// What cannot be read, or has more than 64 KiB, counts for nothing.
std::vector<std::string> socket_unit_addresses(const std::vector<std::filesystem::path>& folders);

}  // namespace icom::serve
