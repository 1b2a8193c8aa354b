// A site's settings, read again while a program runs by them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/site_settings.hpp"

namespace icom::config {

struct ReloadedSite {
  /// What is to run from now on: with the old values of what cannot change.
  SiteSettings settings;
  /// Sentences: what has changed in the file and cannot change while a program runs, and what to
  /// do.
  std::vector<std::string> needs_restart;
};

/// Throws ConfigError; then nothing is to change.
ReloadedSite reload_site(const std::filesystem::path& file, const SiteSettings& running);

}  // namespace icom::config
