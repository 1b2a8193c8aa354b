#include "agent/supervise/commands.hpp"
#include "common/os/places.hpp"
#include "common/os/way_owner.hpp"

namespace icom::supervise {

config::SiteSettings site_to_act_at(const std::filesystem::path& site_file) {
  config::SiteSettings site = config::load_site(site_file);
  os::require_same_hands(site_file, {site.spool.directory});
  return site;
}

void add_site_option(const cli::Command& command, std::filesystem::path& site_file) {
  site_file = os::settings_folder() / "site.yaml";
  command.add_option("--site", site_file, "The site's settings")
      .capture_default_str()
      .type_name("FILE");
}

}  // namespace icom::supervise
