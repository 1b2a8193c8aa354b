// The gateway's settings: gateway.yaml.
#pragma once

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
};

struct GatewaySettings {
  std::filesystem::path sites_folder;
  std::filesystem::path tokens_folder;  ///< <site>.token, one each
  Address ingest;
  std::filesystem::path store;  ///< a folder
  std::optional<ArchiveSettings> archive;
  std::optional<Address> http;
  std::vector<SiteSettings> sites;  ///< loaded from sites_folder
};

/// Throws ConfigError.
GatewaySettings load_gateway(const std::filesystem::path& file);

}  // namespace icom::config
