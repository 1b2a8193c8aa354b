#include <iostream>
#include <memory>

#include "gateway/cli/commands.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/ssh_sessions.hpp"
#include "gateway/registration/used_keys.hpp"

namespace icom::cli {

namespace {

constexpr const char* kText =
    "For sshd, which runs it for each connection (AuthorizedKeysCommand): prints what the key with "
    "this fingerprint may do, or nothing if it is no site's. deploy/sshd/icom.conf shows how.";

struct KeysGiven {
  std::filesystem::path registration;
  std::string fingerprint;
};

/// A site is let in also where this cannot be written: `revoke` then says that it knows of no
/// connection.
void remember(const std::filesystem::path& registration, const std::string& site) {
  try {
    registration::remember_parent_as_session(registration, site);
  } catch (const registration::RegistrationError& error) {
    std::cerr << error.what() << '\n';
  }
}

/// For the gateway's log: sshd keeps what is said here to itself.
void notice_used_key(const KeysGiven& given) {
  try {
    for (const std::string& site :
         registration::sites_that_used(given.registration, given.fingerprint)) {
      registration::note_used_key(given.registration, site);
    }
  } catch (const registration::RegistrationError& error) {
    std::cerr << error.what() << '\n';
  }
}

int run_authorized_keys(const KeysGiven& given) {
  notice_used_key(given);
  for (const std::string& line : registration::lines_with(given.registration, given.fingerprint)) {
    remember(given.registration, registration::site_of_line(line).value());
  }
  // Read again: `revoke` takes the line away before it looks for connections, so whoever finds it
  // here still has been remembered in time to be ended.
  for (const std::string& line : registration::lines_with(given.registration, given.fingerprint)) {
    std::cout << line << '\n';
  }
  return end_standard_output();
}

}  // namespace

void add_authorized_keys(const Command& app, Action& asked) {
  auto given = std::make_shared<KeysGiven>();
  const auto command = app.add_subcommand("authorized-keys", kText);
  command
      .add_option("--registration", given->registration,
                  "the folder `registration` of gateway.yaml: it is all that this needs")
      .required()
      .type_name("DIR");
  command.add_option("FINGERPRINT", given->fingerprint, "SHA256:..., sshd's %f").required();
  command.callback([given, &asked] { asked = [given] { return run_authorized_keys(*given); }; });
}

}  // namespace icom::cli
