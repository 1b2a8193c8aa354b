#include "gateway/serve/hosts_of.hpp"

namespace icom::serve {

archive::Hosts hosts_of(const config::GatewaySettings& settings) {
  archive::Hosts hosts;
  for (const config::SiteSettings& site : settings.sites) {
    for (const config::LinacSettings& linac : site.linacs) {
      hosts[{site.site, linac.serial}] = linac.address.host;
    }
  }
  return hosts;
}

}  // namespace icom::serve
