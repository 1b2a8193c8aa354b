#include "gateway/ingest/known_accounts.hpp"

#include <algorithm>

namespace icom::ingest {

void KnownAccounts::note_proved(const std::string& site, std::optional<os::UserId> account) {
  if (!account) return;
  std::deque<os::UserId>& of_site = of_sites_[site];
  std::erase(of_site, *account);
  of_site.push_back(*account);
  if (of_site.size() > kMostOfSite) of_site.pop_front();
}

bool KnownAccounts::contains(std::optional<os::UserId> account) const {
  if (!account) return false;
  return account == named_ || std::ranges::any_of(of_sites_, [account](const auto& of_site) {
           return std::ranges::find(of_site.second, *account) != of_site.second.end();
         });
}

}  // namespace icom::ingest
