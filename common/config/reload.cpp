#include "common/config/reload.hpp"

namespace icom::config {

namespace {

/// The old value of what cannot change goes on.
class Keep {
 public:
  Keep(std::string program, std::vector<std::string>& needs_restart)
      : program_(std::move(program)), needs_restart_(needs_restart) {}

  template <typename Value>
  void operator()(Value& value, const Value& running, const std::string& key,
                  const std::string& what_to_do = {}) {
    if (value == running) return;
    value = running;
    needs_restart_.push_back(key + " cannot change while " + program_ +
                             " runs: the old value stays until it is started again" + what_to_do);
  }

 private:
  std::string program_;
  std::vector<std::string>& needs_restart_;
};

}  // namespace

Reloaded<SiteSettings> reload_site(const std::filesystem::path& file, const SiteSettings& running) {
  Reloaded<SiteSettings> site{load_site(file), {}};
  Keep keep("icom-agent run", site.needs_restart);
  keep(site.settings.site, running.site, "site",
       "; put back " + running.site +
           " if that was a mistake: another name is another site to the gateway, and is enrolled "
           "there first (icom-gateway add-site, icom-agent enrol)");
  keep(site.settings.spool.directory, running.spool.directory, "spool.directory",
       "; stop all programs of the site, move the folder, then start them, or what it holds is not "
       "sent");
  return site;
}

Reloaded<GatewaySettings> reload_gateway(const std::filesystem::path& file,
                                         const GatewaySettings& running) {
  Reloaded<GatewaySettings> gateway{load_usable_gateway(file, running.sites), {}};
  Keep keep("icom-gateway serve", gateway.needs_restart);
  if (gateway.settings.sites_folder != running.sites_folder) {
    gateway.settings.sites = running.sites;
    gateway.settings.broken_sites = running.broken_sites;
  }
  keep(gateway.settings.sites_folder, running.sites_folder, "sites");
  keep(gateway.settings.tokens_folder, running.tokens_folder, "tokens");
  keep(gateway.settings.ingest, running.ingest, "ingest");
  keep(gateway.settings.store, running.store, "store");
  keep(gateway.settings.archive, running.archive, "archive");
  keep(gateway.settings.http, running.http, "http");
  keep(gateway.settings.junk_share, running.junk_share, "junk_share");
  keep(gateway.settings.registration, running.registration, "registration");
  keep(gateway.settings.readers, running.readers, "readers");
  keep(gateway.settings.readers_socket, running.readers_socket, "readers_socket");
  return gateway;
}

}  // namespace icom::config
