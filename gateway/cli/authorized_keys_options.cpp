#include <iostream>
#include <memory>

#include "gateway/cli/commands.hpp"
#include "gateway/registration/authorized_keys.hpp"

namespace icom::cli {

namespace {

constexpr const char* kText =
    "For sshd, which runs it for each connection (AuthorizedKeysCommand): prints what the key with "
    "this fingerprint may do, or nothing if it is no site's. deploy/sshd/icom.conf shows how.";

struct Given {
  std::filesystem::path registration;
  std::string fingerprint;
};

int run(const Given& given) {
  for (const std::string& line : registration::lines_with(given.registration, given.fingerprint)) {
    std::cout << line << '\n';
  }
  return end_standard_output();
}

}  // namespace

void add_authorized_keys(CLI::App& app, Action& asked) {
  auto given = std::make_shared<Given>();
  auto* command = app.add_subcommand("authorized-keys", kText);
  command
      ->add_option("--registration", given->registration,
                   "the folder `registration` of gateway.yaml: it is all that this needs")
      ->required()
      ->type_name("DIR");
  command->add_option("FINGERPRINT", given->fingerprint, "SHA256:..., sshd's %f")->required();
  command->callback([given, &asked] { asked = [given] { return run(*given); }; });
}

}  // namespace icom::cli
