// What is told of one forward: in forward.json and by `icom-agent status`. Its fields:
// docs/agent.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace icom::forward {

/// Few and stable: the status file and scripts use their names.
enum class PortForwardState : std::uint8_t {
  waiting,  ///< there is no SSH session for it
  opening,  ///< the port is being opened
  up,       ///< the port is open
  refused,  ///< the port can not be opened; it is tried again
};

/// `waiting`, `opening`, ...
std::string_view name_of(PortForwardState state);

struct PortForwardStatus {
  std::string name;
  std::string direction;  ///< local, remote
  std::string listen;     ///< HOST:PORT
  std::string target;     ///< HOST:PORT
  std::string state;      ///< name_of(PortForwardState)
  std::int64_t since_us = 0;
  std::uint64_t connections = 0;          ///< now
  std::uint64_t connections_total = 0;    ///< admitted, since the forward is there
  std::uint64_t connections_refused = 0;  ///< for max_connections
  /// Connections in a row, up to now, that were accepted and that the target did not take; 0: it
  /// took the last one, or none has come.
  std::uint64_t target_refusals = 0;
  std::int64_t target_refuses_since_us = 0;  ///< the first of them; 0: there is none
  std::uint64_t bytes_to_target = 0;
  std::uint64_t bytes_from_target = 0;
  std::string last_failure;  ///< of the port, of a connection, or of the tunnel; it stays
  std::int64_t last_failure_us = 0;

  friend bool operator==(const PortForwardStatus&, const PortForwardStatus&) = default;
};

}  // namespace icom::forward
