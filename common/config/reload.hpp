// Settings that are read again while a program runs by them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/gateway_settings.hpp"
#include "common/config/site_settings.hpp"

namespace icom::config {

template <typename Settings>
struct Reloaded {
  /// What is to run from now on: with the old values of what cannot change.
  Settings settings;
  /// Sentences: what has changed in the file and cannot change while a program runs, and what to
  /// do.
  std::vector<std::string> needs_restart;
};

/// Throws ConfigError; then nothing is to change.
Reloaded<SiteSettings> reload_site(const std::filesystem::path& file, const SiteSettings& running);
/// The same, of gateway.yaml and all sites' files; a site's broken file does not throw:
/// load_usable_gateway().
Reloaded<GatewaySettings> reload_gateway(const std::filesystem::path& file,
                                         const GatewaySettings& running);

}  // namespace icom::config
