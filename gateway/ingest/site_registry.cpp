#include "gateway/ingest/site_registry.hpp"

#include <algorithm>
#include <utility>

namespace icom::ingest {

const RegisteredLinac* RegisteredSite::find(std::string_view serial) const {
  const auto found = std::ranges::find(linacs, serial, &RegisteredLinac::serial);
  return found == linacs.end() ? nullptr : &*found;
}

SiteRegistry::SiteRegistry(std::vector<RegisteredSite> sites) {
  for (RegisteredSite& site : sites) {
    std::string name = site.site;
    sites_.insert_or_assign(std::move(name), std::move(site));
  }
}

const RegisteredSite* SiteRegistry::find(std::string_view site) const {
  const auto found = sites_.find(site);
  return found == sites_.end() ? nullptr : &found->second;
}

}  // namespace icom::ingest
