#include <iostream>
#include <memory>

#include "agent/enrol/enrolment.hpp"
#include "agent/enrol/gateway_calls.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/said_step.hpp"
#include "common/config/config_error.hpp"
#include "common/os/path_text.hpp"
#include "common/os/places.hpp"
#include "common/os/users.hpp"
#include "common/os/utc_text.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kEnrolText =
    "Sets this machine up as a site's: reads the enrolment file that `icom-gateway add-site` made, "
    "makes a key pair here, hands its public half to the gateway through the tunnel, and writes "
    "the site's file, key, pinned host keys and token. Then tries the whole way to the gateway, "
    "and says what works, what does not, and what to do. May be run again with the same file, if "
    "it was cut off.\n\n"
    "Exit codes: 0 the gateway welcomes this site, 1 something is in the way, 2 wrong usage or a "
    "file that is no enrolment file.";

struct EnrolGiven {
  std::filesystem::path file;
  std::filesystem::path folder = os::settings_folder();
};

int run_enrol(const EnrolGiven& given) {
  const auto enrolment = config::load_enrolment(given.file);
  say_step("ok", "enrolment file of site " + enrolment.site + ", good until " +
                     os::utc_text(enrolment.expires));
  std::error_code unknown;
  try {
    // The enrolment file may be root's; all that follows is the folder's owner's.
    if (std::filesystem::exists(given.folder, unknown)) os::become_owner_of(given.folder);
    enrol::enrol(enrolment, given.folder, enrol::real_surroundings(say_step));
  } catch (const config::ConfigError&) {
    throw;
  } catch (const std::exception& error) {
    std::cerr << "FAIL  " << error.what() << '\n';
    return kFailed;
  }
  const std::string site_file = os::utf8(given.folder / enrol::kSiteFile);
  say_step("next", "remove " + os::utf8(given.file) +
                       ": it is used. Then add Linacs: icom-agent "
                       "add-linac --site " +
                       site_file + " --serial SERIAL --address ADDRESS");
  return kDone;
}

}  // namespace

void add_enrol(const cli::Command& app, Action& asked) {
  auto given = std::make_shared<EnrolGiven>();
  const auto command = app.add_subcommand("enrol", kEnrolText);
  command.add_option("file", given->file, "The enrolment file").required().type_name("FILE");
  command.add_option("--into", given->folder, "The folder of the site's settings")
      .capture_default_str()
      .type_name("FOLDER");
  command.callback([given, &asked] { asked = [given] { return run_enrol(*given); }; });
}

}  // namespace icom::supervise
