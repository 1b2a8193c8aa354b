#include "gateway/ingest/site_registry.hpp"

#include <algorithm>
#include <utility>

namespace icom::ingest {

const RegisteredLinac* RegisteredSite::find(std::string_view serial) const {
  const auto found = std::ranges::find(linacs, serial, &RegisteredLinac::serial);
  return found == linacs.end() ? nullptr : &*found;
}

SiteRegistry::Sites SiteRegistry::by_name(std::vector<RegisteredSite> sites) {
  Sites named;
  for (RegisteredSite& site : sites) {
    std::string name = site.site;
    named.insert_or_assign(std::move(name),
                           std::make_shared<const RegisteredSite>(std::move(site)));
  }
  return named;
}

SiteRegistry::SiteRegistry(std::vector<RegisteredSite> sites) : sites_(by_name(std::move(sites))) {}

void SiteRegistry::replace(std::vector<RegisteredSite> sites) {
  Sites named = by_name(std::move(sites));
  const std::lock_guard lock(mutex_);
  sites_.swap(named);
}

std::shared_ptr<const RegisteredSite> SiteRegistry::find(std::string_view site) const {
  const std::lock_guard lock(mutex_);
  const auto found = sites_.find(site);
  return found == sites_.end() ? nullptr : found->second;
}

std::shared_ptr<const RegisteredSite> SiteRegistry::owner_of(std::string_view serial) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, site] : sites_) {
    if (site->find(serial) != nullptr) return site;
  }
  return nullptr;
}

std::size_t SiteRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return sites_.size();
}

bool SiteRegistry::takes_clear_tokens() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(
      sites_, [](const auto& site) { return site.second->credentials.takes_clear_token(); });
}

}  // namespace icom::ingest
