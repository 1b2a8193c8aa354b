#include "gateway/ingest/address_log.hpp"

#include <spdlog/spdlog.h>

#include "common/log/printable.hpp"

namespace icom::ingest {

void AddressLog::note(const std::string& site, const std::string& serial,
                      const std::string& at_site, const std::string& here,
                      log::RateLimit::Clock::time_point now) {
  if (at_site.empty() || here.empty()) return;
  const std::lock_guard lock(mutex_);
  Said& said = said_[{site, serial}];
  const bool differ = at_site != here;
  const bool differed = said.at_site != said.here;
  if (differ ? said.at_site == at_site && said.here == here : !differed) return;
  if (!said.limit.admit(now)) return;
  said.at_site = at_site;
  said.here = here;
  if (differ) {
    spdlog::warn(
        "{}: its agent reads Linac {} at {}, the gateway's {}.yaml has {}: it is stored as before; "
        "correct the file that is wrong, since the archive and pymedphys-config go by the "
        "gateway's",
        site, serial, log::printable(at_site), site, here);
  } else {
    spdlog::info("{}: its agent and the gateway's {}.yaml have the same address of Linac {} again",
                 site, site, serial);
  }
}

}  // namespace icom::ingest
