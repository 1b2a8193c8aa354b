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
  bool per_site = false;  ///< `patients` and `live` in `<directory>/<site>`, one for each site
  std::uint32_t new_files_per_hour = 3600;  ///< of each site, in `patients`

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

/// Where the service's settings are unless a command is told otherwise.
inline constexpr const char* kUsualGatewaySettings = "/etc/icom/gateway.yaml";
/// Who may read what is recorded without having the rights of the gateway's account. The group that
/// `readers` names unless it is given: where the machine has no such group, nobody may.
inline constexpr const char* kUsualReaders = "icom-readers";
/// Where they ask unless `readers_socket` is given: what the service manager makes for the gateway.
inline constexpr const char* kUsualReadersSocket = "/run/icom-gateway/readers.sock";

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
  /// Of the store's disk, what one Linac's junk may take beyond what is always kept; in percent.
  unsigned junk_share = 1;
  std::optional<TunnelEndSettings> tunnel;
  FanOutSettings fan_out;
  std::string readers = kUsualReaders;                  ///< a group of this machine
  std::optional<std::filesystem::path> readers_socket;  ///< nullopt: the service manager's
  std::vector<SiteSettings> sites;                      ///< loaded from sites_folder; maybe none
  std::vector<BrokenSite> broken_sites;                 ///< by load_usable_gateway() only

  bool operator==(const GatewaySettings&) const = default;
};

/// The file alone: `sites` stays empty, whatever the sites' files hold. For what must work while
/// one of these is broken. Throws ConfigError.
GatewaySettings load_gateway_alone(const std::filesystem::path& file);

/// For a gateway that runs, and for what must go on beside a broken site: throws ConfigError for
/// gateway.yaml, and for a folder of sites that cannot be read, but not for what is wrong with a
/// site's file: usable_sites().
GatewaySettings load_usable_gateway(const std::filesystem::path& file,
                                    const std::vector<SiteSettings>& running = {});

/// With all sites. Throws ConfigError.
GatewaySettings load_gateway(const std::filesystem::path& file);

}  // namespace icom::config
