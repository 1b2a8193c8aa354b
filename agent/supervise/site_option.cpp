#include "agent/supervise/commands.hpp"

namespace icom::supervise {

void add_site_option(CLI::App& command, std::filesystem::path& site_file) {
  site_file = "/etc/icom/site.yaml";
  command.add_option("--site", site_file, "The site's settings")
      ->capture_default_str()
      ->type_name("FILE");
}

}  // namespace icom::supervise
