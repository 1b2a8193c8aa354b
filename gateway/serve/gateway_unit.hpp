// What systemd's units of the gateway say: deploy/systemd/icom-gateway.service.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace icom::serve {

inline constexpr const char* kServiceUnit = "icom-gateway.service";
inline constexpr const char* kSocketUnit = "icom-gateway.socket";

/// Whether the unit in `units` starts a gateway with these settings. Thread-safe.
bool unit_starts_gateway_with(const std::filesystem::path& config,
                              const std::vector<std::filesystem::path>& units);
/// The same of a process's program and arguments.
bool is_gateway_with(const std::filesystem::path& config, const std::vector<std::string>& command);
/// Whether systemd starts the socket's unit with it, so that the gateway is given that unit's
/// sockets at every start. False also where that depends on which of the two is started.
/// Thread-safe.
bool unit_has_its_socket_passed(const std::vector<std::filesystem::path>& units);

}  // namespace icom::serve
