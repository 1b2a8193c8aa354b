#include "gateway/serve/sshd_check.hpp"

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "common/os/account.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/limited_thread.hpp"
#include "common/os/login.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/serve/forward_check.hpp"
#include "gateway/serve/sshd_faults.hpp"
#include "gateway/serve/sshd_port_check.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kDirectoryTime{5};
constexpr os::UserId kRootUser = 0;

bool others_may_change(const fs::path& path) {
  std::error_code unknown;
  const fs::perms mode = fs::status(path, unknown).permissions();
  return !unknown && (mode & (fs::perms::group_write | fs::perms::others_write)) != fs::perms::none;
}

/// As Debian's sshd looks at it (its patch user-group-modes; the original takes no group at all): a
/// group of which root is the only member may change it.
bool others_than_root_may_change(const fs::path& path) {
  std::error_code unknown;
  const fs::perms mode = fs::status(path, unknown).permissions();
  if (unknown || (mode & fs::perms::others_write) != fs::perms::none) return true;
  return (mode & fs::perms::group_write) != fs::perms::none && !os::is_of_roots_own_group(path);
}

/// As sshd wants it; empty if it is so.
std::string unsafe_program(const fs::path& given) {
  std::error_code error;
  const fs::path program = fs::canonical(given, error);
  if (error) return given.string() + " is not there (" + error.message() + "): install it";
  for (fs::path part = program;; part = part.parent_path()) {
    if (os::owner_of(part) != kRootUser || others_than_root_may_change(part)) {
      return part.string() + " is not root's alone to change, so sshd does not run " +
             given.string() + " (its log: Unsafe AuthorizedKeysCommand): chown root:root " +
             part.string() + " && chmod 0755 " + part.string();
    }
    if (part == part.root_path()) return {};
  }
}

void report_findings(CheckReport& report, const std::string& named,
                     const std::vector<SshdFinding>& findings) {
  for (const SshdFinding& finding : findings) {
    if (finding.is_fault) {
      report.line(false, named, finding.text);
    } else {
      report.note(named, finding.text);
    }
  }
}

/// Of the folder with the list of keys, if it is there; empty if its owner has no name.
std::string owner_of_keys(const fs::path& registration) {
  const auto owner = os::owner_of(registration);
  return owner ? os::user_name_within(kDirectoryTime, *owner) : "";
}

void check_key_files(CheckReport& report, const std::string& named, const SshdSettings& sshd,
                     const registration::Places& places) {
  if (const fs::path program = key_program(sshd); !program.empty()) {
    const std::string fault = unsafe_program(program);
    report.line(fault.empty(), named,
                fault.empty() ? "asks " + program.string() + " for sites' keys" : fault);
  }
  for (const fs::path& path : {places.registration, places.authorized_keys()}) {
    if (others_may_change(path)) {
      report.line(false, named,
                  path.string() +
                      " can be changed by others than its owner, who can let anybody "
                      "in: chmod go-w " +
                      path.string());
    }
  }
}

struct LookedUp {
  std::optional<os::Login> login;  ///< nullopt: there is no such account
  std::vector<SshdFinding> findings;
};

/// nullopt if the directory service does not answer.
std::optional<LookedUp> look_up(const SshdSettings& sshd, const std::string& user) {
  using Answer = std::optional<LookedUp>;
  return os::answer_within<Answer>(
             kDirectoryTime, "check",
             [sshd, user]() noexcept -> Answer {
               try {
                 LookedUp found{os::login_of(user), {}};
                 const auto account = os::account_named(user);
                 if (!found.login || !account) return LookedUp{};
                 found.findings =
                     login_findings(sshd, user, *found.login,
                                    [&account](const std::string& group) -> std::optional<bool> {
                                      const auto id = os::group_id(group);
                                      return id && account->is_in(*id);
                                    });
                 return found;
               } catch (const std::exception&) {
                 return std::nullopt;
               }
             })
      .value_or(std::nullopt);
}

void check_login(CheckReport& report, const std::string& named, const SshdSettings& sshd,
                 const std::string& user) {
  const auto found = look_up(sshd, user);
  if (!found) {
    report.line(false, named,
                "whether it may log in cannot be told: this machine's directory service does not "
                "answer; look at that, then run this again");
  } else if (!found->login) {
    report.line(false, named,
                "this machine has no such account: useradd --system --home-dir /nonexistent "
                "--no-create-home --shell /usr/sbin/nologin " +
                    user + ", or correct tunnel.user");
  } else {
    report_findings(report, named, found->findings);
  }
}

}  // namespace

void check_sshd(CheckReport& report, const config::GatewaySettings& settings,
                const SshdProgram& program) {
  if (!settings.tunnel) return;
  const std::string& user = settings.tunnel->user;
  const std::string named = "sshd for account " + user;
  if (!config::is_loopback(settings.ingest) && !config::is_unspecified(settings.ingest)) {
    report.note(named,
                "may be on another machine, since `ingest` is not on loopback: is not looked "
                "at here; deploy/sshd/icom.conf is what it needs");
    return;
  }
  if (os::own_user() != kRootUser) return report.leave_out(named);
  std::error_code unknown;
  if (!fs::exists(program.program, unknown)) {
    report.note(named, program.program.string() +
                           " is not there: what else lets sites in here is not looked at");
    return;
  }
  auto answer = sshd_settings_for(user, settings.tunnel->port, program);
  if (const auto* const why = std::get_if<std::string>(&answer)) {
    report.line(false, named, *why);
    return;
  }
  const auto& sshd = std::get<SshdSettings>(answer);
  const registration::Places places = registration::places_of(settings);
  const int before = report.failures();
  check_login(report, named, sshd, user);
  report_findings(report, named, key_findings(sshd, settings, owner_of_keys(places.registration)));
  check_key_files(report, named, sshd, places);
  report_findings(report, named, forwarding_findings(sshd, settings));
  report_findings(report, named, confinement_findings(sshd));
  if (report.failures() == before) {
    report.line(true, named, "lets sites reach the ingest and their forwards, and nothing else");
  }
  check_sshd_port(report, named, sshd.listens(), settings.tunnel->port);
  check_forwards_beside_sshd(report, settings, sshd.listens());
}

}  // namespace icom::serve
