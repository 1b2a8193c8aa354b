#include "gateway/registration/new_site_file.hpp"

#include "gateway/registration/places.hpp"

namespace icom::registration {

std::string new_site_file(const std::string& site, const std::string& timezone,
                          const config::GatewaySettings& settings) {
  const config::TunnelEndSettings& tunnel = settings.tunnel.value();
  const config::Address ingest = places_of(settings).ingest;
  return "# Site " + site +
         ". At the gateway this file stands in its folder of sites, at the site it is\n"
         "# /etc/icom/site.yaml. Every key: docs/configuration.md. Relative paths start at this "
         "file's folder.\n"
         "site: " +
         site + "\ntimezone: " + timezone +
         "                 # where the Linacs' clocks are\n"
         "\n"
         "linacs: []                          # icom-agent add-linac adds one\n"
         "\n"
         "tunnel:\n"
         "  host: \"" +
         tunnel.host +
         "\"        # the hosting site's sshd\n  port: " + std::to_string(tunnel.port) +
         "\n  user: " + tunnel.user + "\n  key: " + site +
         "_ed25519             # icom-agent enrol makes this key, and the two files below\n"
         "  known_hosts: " +
         site + "_known_hosts\n  token_file: " + site + ".token\n  gateway: \"" + ingest.text() +
         "\"         # the ingest, as the hosting site's sshd reaches it\n"
         "\n"
         "spool:\n"
         "  directory: /var/lib/icom/spool\n"
         "  max_bytes: 20 GiB                 # for each Linac: a week of its stream\n"
         "\n"
         "forwards: []                        # what else the tunnel carries, as ssh -L and -R "
         "would\n";
}

}  // namespace icom::registration
