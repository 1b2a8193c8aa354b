// What systemd's unit files say.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace icom::serve {

/// Where systemd looks for units, the first that has one decides: systemd.unit(5).
std::vector<std::filesystem::path> unit_folders();

/// The values of `key` in the unit `unit` (`NAME.service`) and its drop-ins in `folders`, in the
/// order in which they apply; an empty one takes back those before it. nullopt where there is no
/// such unit, or where the first folder that has one masks it (a link to /dev/null, an empty file).
/// What cannot be read, or has more than 64 KiB, counts for nothing. Thread-safe.
std::optional<std::vector<std::string>> unit_values(
    const std::string& unit, const std::string& key,
    const std::vector<std::filesystem::path>& folders);

}  // namespace icom::serve
