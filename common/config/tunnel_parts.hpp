// What both ends of a tunnel say of it: how its sshd is reached. Private to common/config.
#pragma once

#include <cstdint>
#include <string>

#include "common/config/map_reader.hpp"

namespace icom::config {

/// A name or an address, no port.
std::string read_sshd_host(MapReader& from);
/// 22 unless given.
std::uint16_t read_sshd_port(MapReader& from);
std::string read_sshd_user(MapReader& from);

}  // namespace icom::config
