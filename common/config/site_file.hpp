// One site's file as read: its settings, and where in the file they stand. Private to
// common/config.
#pragma once

#include <cstdint>
#include <vector>

#include "common/config/site_settings.hpp"
#include "common/config/yaml_file.hpp"

namespace icom::config {

/// What the check of several sites against each other needs of each.
struct SiteFile {
  YamlFile yaml;
  SiteSettings settings;  ///< incomplete if there are problems
  YAML::Mark site_mark;
  std::vector<YAML::Mark> serial_marks;       ///< one for each of settings.linacs
  std::vector<YAML::Mark> listen_marks = {};  ///< one for each of settings.forwards
};

/// How a site's file may be named.
enum class SiteFileName : std::uint8_t {
  of_the_site,  ///< <site>.yaml: in a folder of many
  any_of_two,   ///< or site.yaml: at the site itself
};

/// Never throws ConfigError: what is wrong is in yaml.problems().
SiteFile read_site_file(const std::filesystem::path& file, SiteFileName name);
/// As if `text` were the content of `file`.
SiteFile read_site_text(const std::filesystem::path& file, const std::string& text,
                        SiteFileName name);

}  // namespace icom::config
