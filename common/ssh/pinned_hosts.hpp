// Pins put into the text of a known_hosts file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace icom::ssh {

/// `known_hosts`, OpenSSH's format, with `keys` (`TYPE BASE64`) as the only ones of this server:
/// what else stands under its name and port, plain or hashed, goes; other servers' lines, comments
/// and lines that cannot be read stay. A name alone, which counts for every port, stays where
/// `port` is not 22: KnownHosts heeds the more exact.
[[nodiscard]] std::string with_pins(std::string_view known_hosts, const std::string& host,
                                    std::uint16_t port, std::span<const std::string> keys);

}  // namespace icom::ssh
