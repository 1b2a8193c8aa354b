// One site's file as read: its settings, and where in the file they stand. Private to
// common/config.
#pragma once

#include <vector>

#include "common/config/site_settings.hpp"
#include "common/config/yaml_file.hpp"

namespace icom::config {

/// What the check of several sites against each other needs of each.
struct SiteFile {
  YamlFile yaml;
  SiteSettings settings;  ///< incomplete if there are problems
  YAML::Mark site_mark;
  std::vector<YAML::Mark> serial_marks;  ///< one for each of settings.linacs
};

/// Never throws ConfigError: what is wrong is in yaml.problems().
SiteFile read_site_file(const std::filesystem::path& file);
/// As if `text` were the content of `file`.
SiteFile read_site_text(const std::filesystem::path& file, const std::string& text);

}  // namespace icom::config
