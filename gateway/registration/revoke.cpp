#include "gateway/registration/revoke.hpp"

#include <functional>
#include <stdexcept>

#include "common/config/closed_file.hpp"
#include "common/config/name.hpp"
#include "common/os/file_system.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/users.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::registration {
namespace {

void remove_token(const std::filesystem::path& file) {
  const os::ActingForOwner owner(os::folder_of(file));
  const auto error = os::real_file_system().remove(file);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw RegistrationError(file.string() + " cannot be removed (" + error.message() +
                            "): remove it");
  }
}

/// The sentence of what went wrong; empty if nothing did.
std::string problem_of(const std::function<void()>& step) {
  try {
    step();
    return {};
  } catch (const std::exception& error) {  // a disk that fails while it is read, too
    return error.what();
  }
}

/// One that is damaged, or cannot be read now, must not keep a site from being revoked.
SiteRecord record_of(const SiteBook& book, const std::string& site) {
  try {
    return book.find(site).value_or(SiteRecord{site, {}, {}, {}, {}});
  } catch (const std::runtime_error&) {
    return SiteRecord{site, {}, {}, {}, {}};
  }
}

/// Throws RegistrationError if there is no such site.
void require_site(const Places& places, const SiteBook& book, const std::string& site) {
  const bool is_known =
      config::parse_name(site) && (config::is_there(places.site_file(site)) ||
                                   config::is_there(places.token(site)) || book.has(site));
  if (!is_known) throw RegistrationError("there is no site " + site);
}

}  // namespace

EndedSessions reconnect(const Places& places, const std::string& site, std::int64_t now) {
  const SiteBook book(places.registration);
  require_site(places, book, site);
  {
    // A gateway that runs does this too, within a second; one that does not will not.
    const os::ActingForOwner service(places.registration);
    const SiteBook::Lock lock = book.lock();
    write_authorized_keys(places, now);
  }
  return end_sessions(places.registration, site);
}

Revoked revoke(const Places& places, const std::string& site, std::int64_t now) {
  const SiteBook book(places.registration);
  require_site(places, book, site);

  Revoked result;
  {
    // Root is needed for sshd's processes alone: the files are the service's.
    const auto as_service = [&places](auto work) {
      return os::as_owner_of(places.registration, work);
    };
    const SiteBook::Lock lock = as_service([&] { return book.lock(); });
    SiteRecord record = as_service([&] { return record_of(book, site); });
    result.by_hand = !record.key && !record.enrolment && !record.revoked;
    record.key.reset();
    record.next_key.reset();
    record.enrolment.reset();
    if (!record.revoked) record.revoked = now;
    // Each for itself: the more of it is done, the less does the site still open.
    const std::vector<std::function<void()>> steps{
        [&] { as_service([&] { book.save(record); }); },
        [&] { as_service([&] { write_authorized_keys(places, now); }); },
        [&] { remove_token(places.next_token(site)); },
        [&] { remove_token(places.token(site)); },
    };
    for (const auto& step : steps) {
      if (auto problem = problem_of(step); !problem.empty()) {
        result.problems.push_back(std::move(problem));
      }
    }
  }
  // Only now: whoever is ended comes back at once, and must find the door shut.
  result.sessions = end_sessions(places.registration, site);
  return result;
}

}  // namespace icom::registration
