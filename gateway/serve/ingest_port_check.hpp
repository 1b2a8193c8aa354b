// Whether the ingest address can be listened on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/address.hpp"
#include "common/os/users.hpp"
#include "gateway/serve/socket_unit.hpp"

namespace icom::serve {

struct IngestPortState {
  bool usable = false;
  std::string text;     ///< how it is, or what to do
  bool certain = true;  ///< false: the text says what decides it
};

/// What is known of the gateway, other than by its port.
struct KnownGateway {
  std::optional<os::UserId> account;        ///< that it runs as
  std::optional<bool> runs = std::nullopt;  ///< nullopt: this account cannot say
  /// systemd starts it, and passes it the sockets of its socket unit at every start.
  bool has_sockets_passed = false;
};

/// Listens for a moment, accepting nobody. An address that a running icom-gateway has is usable
/// too: one that root or `gateway` listens at and that says so. What any other account has there is
/// not, whatever it says. An address that root listens at may be systemd's, which holds it for the
/// gateway: nothing is connected to then, and whether it is systemd is not known unless the gateway
/// runs.
/// `systemd` is there where systemd is the machine's service manager: sd_booted(3).
/// `units`: where systemd finds its units. One that listens elsewhere is told of, since the gateway
/// does not start with it: certain where its sockets are passed to the gateway, or else a matter of
/// how that is started.
/// Waits for the machine's directory service, and not for long.
IngestPortState check_ingest_port(const config::Address& address, const KnownGateway& gateway,
                                  const std::filesystem::path& systemd = "/run/systemd/system",
                                  const std::vector<std::filesystem::path>& units = unit_folders());

}  // namespace icom::serve
