// A site's settings from a text that is in no file yet.
#pragma once

#include <filesystem>
#include <string>

#include "common/config/site_settings.hpp"

namespace icom::config {

/// As load_site() if `text` were the content of `file`, which need not be there. Throws
/// ConfigError.
SiteSettings site_from_text(const std::filesystem::path& file, const std::string& text);

}  // namespace icom::config
