#include "gateway/registration/add_site.hpp"

#include <functional>
#include <optional>
#include <system_error>
#include <vector>

#include "common/config/closed_file.hpp"
#include "common/config/enrolment_file.hpp"
#include "common/config/name.hpp"
#include "common/config/timezone.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/file_system.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/output_file.hpp"
#include "common/os/users.hpp"
#include "common/ssh/key_pair.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/host_keys.hpp"
#include "gateway/registration/new_site_file.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/secrets.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::registration {
namespace {

/// A site's file may be the largest of those that are written.
constexpr std::uint64_t kMaxBytes = 1U << 20U;

/// Undoes what was done, the last first, unless all of it is to stay.
class Undo {
 public:
  ~Undo() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      try {
        (*step)();
      } catch (const std::exception&) {
        // What made us give up is what the operator is told of.
      }
    }
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void keep_all() { steps_.clear(); }

 private:
  std::vector<std::function<void()>> steps_;
};

std::optional<std::string> content_if_there(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return std::nullopt;
  try {
    return os::read_text_file(os::real_file_system(), file, kMaxBytes);
  } catch (const std::runtime_error& problem) {
    throw RegistrationError(std::string(problem.what()) + ": nothing was changed");
  }
}

/// All that is done in a folder, undoing it too, is done for its owner: nobody who exchanges his
/// folder, or lays a link in it, has root read or write what he may not himself. Returns him, if
/// that is somebody else than who runs this.
std::optional<os::UserId> write(const std::filesystem::path& file, os::Access access,
                                const std::string& text, Undo& undo) {
  const os::ActingForOwner owner(os::folder_of(file));
  auto& files = os::real_file_system();
  const auto before = content_if_there(file);
  const auto error = os::write_atomically_for(files, file, access, as_bytes(text));
  if (error) {
    throw RegistrationError("cannot write " + file.string() + " (" + error.message() +
                            "): nothing was changed");
  }
  undo.add([&files, file, access, before] {
    const os::ActingForOwner same_owner(os::folder_of(file));
    if (before) {
      os::write_atomically_for(files, file, access, as_bytes(*before));
    } else {
      files.remove(file);
    }
  });
  return owner.owner();
}

/// What a site of this name that is gone has left.
void remove_left(const std::filesystem::path& file, Undo& undo) {
  const os::ActingForOwner owner(os::folder_of(file));
  auto& files = os::real_file_system();
  const auto before = content_if_there(file);
  if (!before) return;
  if (const auto error = files.remove(file)) {
    throw RegistrationError("cannot remove " + file.string() + " (" + error.message() +
                            "): nothing was changed");
  }
  undo.add([&files, file, before] {
    const os::ActingForOwner same_owner(os::folder_of(file));
    os::write_atomically_for(files, file, os::Access::group, as_bytes(*before));
  });
}

void check(const config::GatewaySettings& settings, const NewSite& wanted, const Places& places) {
  if (!settings.tunnel) {
    throw RegistrationError(
        "gateway.yaml has no `tunnel`: it tells how sites reach this machine. Add host, user and "
        "host_keys of its sshd (docs/configuration.md), then try again");
  }
  if (!config::parse_name(wanted.site)) {
    throw RegistrationError("'" + wanted.site +
                            "' is no name for a site: 1 to 32 letters, digits, - or _");
  }
  const std::filesystem::path file = places.site_file(wanted.site);
  const bool is_there = config::is_there(file);
  if (is_there && !wanted.again) {
    throw RegistrationError("site " + wanted.site + " is there already (" + file.string() +
                            "): --again makes another enrolment file for it");
  }
  if (!is_there && wanted.again) {
    throw RegistrationError("there is no site " + wanted.site + " (" + file.string() +
                            "): leave --again out to add it");
  }
  if (!wanted.again && !config::timezone_exists(wanted.timezone)) {
    throw RegistrationError("'" + wanted.timezone +
                            "' is no zone of this machine's time zone database: Australia/Sydney "
                            "is one, /usr/share/zoneinfo has them all");
  }
  std::error_code unknown;
  const auto output = std::filesystem::symlink_status(wanted.output, unknown);
  if (unknown && output.type() != std::filesystem::file_type::not_found) {
    throw RegistrationError("cannot write " + wanted.output.string() + " (" + unknown.message() +
                            "): give --output a file in a folder that this account can write in");
  }
  if (!wanted.again && std::filesystem::exists(output)) {
    throw RegistrationError(wanted.output.string() +
                            " is there already: move it away, or give another --output");
  }
  try {
    os::require_file_or_nothing(wanted.output);
  } catch (const std::runtime_error& error) {
    throw RegistrationError(error.what());
  }
}

}  // namespace

AddedSite add_site(const config::GatewaySettings& settings, const NewSite& given,
                   std::int64_t now) {
  NewSite wanted = given;
  if (wanted.output.empty()) wanted.output = wanted.site + ".enrol";
  const Places places = places_of(settings);
  const SiteBook book(places.registration);
  check(settings, wanted, places);
  const auto as_service = [&places](auto work) {
    return os::as_owner_of(places.registration, work);
  };
  const SiteBook::Lock lock = as_service([&] { return book.lock(); });
  check(settings, wanted, places);  // somebody else may have been here before the lock was ours

  const config::TunnelEndSettings& tunnel = *settings.tunnel;
  const ssh::KeyPair one_time = ssh::make_key_pair("icom enrolment of " + wanted.site);
  config::EnrolmentFile enrolment;
  enrolment.site = wanted.site;
  enrolment.timezone =
      wanted.again ? config::load_site(places.site_file(wanted.site)).timezone : wanted.timezone;
  enrolment.expires = now + wanted.valid_for;
  enrolment.host = tunnel.host;
  enrolment.port = tunnel.port;
  enrolment.user = tunnel.user;
  enrolment.host_keys = host_keys(tunnel);
  enrolment.gateway = places.ingest;
  enrolment.code = make_secret();
  enrolment.private_key = one_time.private_key;

  const auto before = as_service([&] { return book.find(wanted.site); });
  SiteRecord record = wanted.again && before ? *before : SiteRecord{};
  record.site = wanted.site;
  record.enrolment =
      Enrolment{hash_of(enrolment.code), one_time.public_key, now, enrolment.expires, {}, {}};

  // The site's file comes last: it is what makes the site one.
  Undo undo;
  as_service([&] { book.save(record); });
  undo.add([&] { as_service([&] { book.restore(wanted.site, before); }); });
  const auto owner = write(wanted.output, os::Access::owner, config::to_text(enrolment), undo);
  if (!wanted.again) {
    os::as_owner_of(places.tokens, [&] { make_private_folder(places.tokens); });
    remove_left(places.next_token(wanted.site), undo);
    write(places.token(wanted.site), os::Access::group, make_secret() + "\n", undo);
    write(places.site_file(wanted.site), os::Access::group,
          new_site_file(wanted.site, wanted.timezone, settings), undo);
  }
  as_service([&] { write_authorized_keys(places, now); });
  undo.keep_all();
  return {places.site_file(wanted.site), places.token(wanted.site), wanted.output,
          enrolment.expires, owner};
}

}  // namespace icom::registration
