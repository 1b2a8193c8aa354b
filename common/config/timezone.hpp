// Whether a time zone's name means something on this machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/os/places.hpp"

namespace icom::config {

/// True if `name` (such as Australia/Sydney) is a zone of the machine's database. Where the machine
/// has no database any well-formed name is taken: a site's file must load on a machine without one
/// too.
bool timezone_exists(std::string_view name,
                     const std::filesystem::path& database = os::zone_folder());

/// The zone of the database that `name` was probably meant to be: another spelling, or the place
/// alone (`Sydney`). Nothing if there is none.
std::optional<std::string> timezone_meant_by(
    std::string_view name, const std::filesystem::path& database = os::zone_folder());

}  // namespace icom::config
