// A site's file that has changed while a program runs by it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/config/site_settings.hpp"

namespace icom::program {

struct ChangedSite {
  /// What is to run from now on. nullopt if the file has an error: then what runs goes on as it is.
  std::optional<config::SiteSettings> settings;
  std::string why_not{};  ///< what is wrong
};

/// The log tells what is wrong, too, or what has changed and cannot change now.
ChangedSite read_changed_site(const std::filesystem::path& file,
                              const config::SiteSettings& running);

}  // namespace icom::program
