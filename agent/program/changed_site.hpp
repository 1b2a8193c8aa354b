// A site's file that has changed while a program runs by it.
#pragma once

#include <filesystem>
#include <optional>

#include "common/config/site_settings.hpp"

namespace icom::program {

/// What is to run from now on. Nothing if the file has an error: then what runs goes on as it is.
/// The log tells what is wrong, or what has changed and cannot change now.
std::optional<config::SiteSettings> read_changed_site(const std::filesystem::path& file,
                                                      const config::SiteSettings& running);

}  // namespace icom::program
