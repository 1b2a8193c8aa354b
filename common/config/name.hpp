// Names in settings that become names of files, folders and metrics.
#pragma once

#include <optional>
#include <string>

namespace icom::config {

/// 1 to 32 letters, digits, - or _; nothing for anything else.
std::optional<std::string> parse_name(const std::string& text);

}  // namespace icom::config
