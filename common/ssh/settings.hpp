// What an SSH session needs to know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/ssh/limits.hpp"

namespace icom::ssh {

struct Settings {
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  std::filesystem::path
      key;  ///< Ed25519 private key, OpenSSH format; refused if others can read it
  std::filesystem::path
      known_hosts;  ///< the host key is pinned: an unknown or different one is refused
  Limits limits;    ///< fit for production as they are; tests make them smaller
};

}  // namespace icom::ssh
