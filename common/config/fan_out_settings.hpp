// Who may listen in on which Linac's stream, and where: `fan_out` of a site's file or of
// gateway.yaml.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/address.hpp"

namespace icom::config {

/// Addresses that share their first bits.
struct Network {
  boost::asio::ip::address address;
  unsigned prefix = 0;  ///< how many bits count

  /// An IPv4 address written as IPv6 (::ffff:10.0.0.1) counts as the IPv4 address.
  [[nodiscard]] bool contains(const boost::asio::ip::address& other) const;
  [[nodiscard]] std::string text() const;
  bool operator==(const Network&) const = default;
};

/// `10.1.2.3`, `10.1.0.0/16`, `fd00::/8`. Nothing if it is anything else, or if bits behind the
/// prefix are set: somebody meant something else then.
std::optional<Network> parse_network(std::string_view text);

/// One Linac's port.
struct FanOutPort {
  std::string serial;
  Address listen;  ///< on loopback unless given otherwise

  bool operator==(const FanOutPort&) const = default;
};

/// In `users`: all accounts of the machine.
inline constexpr const char* kEveryUser = "*";

struct FanOutSettings {
  std::vector<Network> allow;      ///< other machines, and addresses of this one beside loopback
  std::vector<std::string> users;  ///< of this machine, beside root and the fan-out's own account
  std::vector<FanOutPort> ports;

  bool operator==(const FanOutSettings&) const = default;
};

class MapReader;

/// Reads the map `fan_out` of `from`, which may be left out: no ports then. What is wrong is noted
/// there. Whether such Linacs exist is for the caller to check.
FanOutSettings read_fan_out(MapReader& from,
                            const std::optional<std::vector<std::string>>& serials = std::nullopt);

}  // namespace icom::config
