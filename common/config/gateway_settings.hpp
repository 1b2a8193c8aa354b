// The gateway's settings: gateway.yaml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/address.hpp"
#include "common/config/site_settings.hpp"

namespace icom::config {

struct ArchiveSettings {
  std::filesystem::path directory;
  bool live = true;

  bool operator==(const ArchiveSettings&) const = default;
};

/// How sites reach this machine: what an enrolment file tells them.
struct TunnelEndSettings {
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  std::vector<std::filesystem::path> host_keys;  ///< the sshd's public host keys: .pub files

  bool operator==(const TunnelEndSettings&) const = default;
};

struct GatewaySettings {
  std::filesystem::path sites_folder;
  std::filesystem::path tokens_folder;  ///< <site>.token, one each
  Address ingest;
  std::filesystem::path store;  ///< a folder
  std::optional<ArchiveSettings> archive;
  std::optional<Address> http;
  /// What the gateway remembers of sites beside their files: keys, enrolments, Linacs that wait for
  /// approval. A folder; `registration` in the store's unless given.
  std::filesystem::path registration;
  std::optional<TunnelEndSettings> tunnel;
  FanOutSettings fan_out;
  std::vector<SiteSettings> sites;  ///< loaded from sites_folder; maybe none

  bool operator==(const GatewaySettings&) const = default;
};

/// The file alone: `sites` stays empty, whatever the sites' files hold. For what must work while
/// one of these is broken. Throws ConfigError.
GatewaySettings load_gateway_alone(const std::filesystem::path& file);

/// With all sites. Throws ConfigError.
GatewaySettings load_gateway(const std::filesystem::path& file);

}  // namespace icom::config
