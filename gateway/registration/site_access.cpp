#include "gateway/registration/site_access.hpp"

#include <algorithm>

#include "common/os/machine_fault.hpp"
#include "common/os/utc_text.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::registration {

bool SiteAccess::operator==(const SiteAccess& other) const {
  const auto same_text = [](const config::Problem& one, const config::Problem& another) {
    return one.text() == another.text();
  };
  return tokens == other.tokens && revoked == other.revoked && proved == other.proved &&
         machine_fault == other.machine_fault &&
         std::ranges::equal(problems, other.problems, same_text);
}

namespace {

SiteAccess look(const Places& places, const std::string& site) {
  SiteAccess access;
  try {
    const auto record = SiteBook(places.registration).find(site);
    access.proved = record && record->proved;
    if (record && record->revoked) {
      access.revoked = os::utc_text(*record->revoked);
      return access;
    }
  } catch (const RegistrationError& error) {
    access.problems.push_back({error.what(), 0, 0, "", "", "a record that can be read"});
    return access;
  }
  try {
    access.tokens.push_back(config::read_secret(places.token(site)));
    std::error_code error;
    if (std::filesystem::exists(places.next_token(site), error) || os::is_machine_fault(error)) {
      access.tokens.push_back(config::read_secret(places.next_token(site)));
    }
  } catch (const config::ConfigError& error) {
    access.problems = error.problems();
  }
  return access;
}

}  // namespace

SiteAccess read_access(const Places& places, const std::string& site) {
  try {
    return look(places, site);
  } catch (const os::MachineFault& fault) {
    SiteAccess access;
    access.machine_fault = fault.what();
    return access;
  }
}

}  // namespace icom::registration
