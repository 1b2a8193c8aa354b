// What an SSH session needs to know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/ssh/limits.hpp"

namespace icom::ssh {

/// What the routers on the way are told of a session's packets (DSCP), as OpenSSH tells them.
enum class Traffic : std::uint8_t {
  prompt,  ///< AF21: few bytes that should not wait
  bulk,    ///< CS1: may wait behind others
};

struct Settings {
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  std::filesystem::path
      key;  ///< Ed25519 private key, OpenSSH format; refused if others can read it
  std::filesystem::path
      known_hosts;  ///< the host key is pinned: an unknown or different one is refused
  Traffic traffic = Traffic::prompt;
  Limits limits;  ///< fit for production as they are; tests make them smaller
};

}  // namespace icom::ssh
