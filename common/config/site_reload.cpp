#include "common/config/site_reload.hpp"

#include <utility>

namespace icom::config {

namespace {

/// The old value goes on.
template <typename Value>
void keep(Value& value, const Value& running, const std::string& sentence,
          std::vector<std::string>& needs_restart) {
  if (value == running) return;
  value = running;
  needs_restart.push_back(sentence);
}

}  // namespace

ReloadedSite reload_site(const std::filesystem::path& file, const SiteSettings& running) {
  ReloadedSite site{load_site(file), {}};
  keep(site.settings.site, running.site,
       "site cannot change while programs run: " + running.site +
           " stays until icom-agent run is started again",
       site.needs_restart);
  keep(site.settings.spool.directory, running.spool.directory,
       "spool.directory cannot change while programs run: " + running.spool.directory.string() +
           " stays until icom-agent run is started again",
       site.needs_restart);
  return site;
}

}  // namespace icom::config
