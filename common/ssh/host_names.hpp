// The names under which a known_hosts file may have a server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace icom::ssh {

/// ASCII letters; names of hosts have no others.
[[nodiscard]] std::string lower_case(std::string name);

/// As written and in lower case: those that mean this very port, the most exact first.
[[nodiscard]] std::vector<std::string> names_of_port(const std::string& host, std::uint16_t port);

/// By which a host is looked for: `[host]:port` unless that is 22, and then the host's own name,
/// which counts for every port that has no entry: the first that has one decides.
[[nodiscard]] std::vector<std::string> names_of(const std::string& host, std::uint16_t port);

}  // namespace icom::ssh
