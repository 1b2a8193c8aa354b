#include "gateway/ingest/site_registry.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace icom::ingest {

bool RegisteredSite::token_is(std::string_view token_given) const {
  // The length may be found out; it is no secret.
  return !token.empty() && token_given.size() == token.size() &&
         CRYPTO_memcmp(token_given.data(), token.data(), token.size()) == 0;
}

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
