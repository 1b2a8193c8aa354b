#include "agent/enrol/enrolment.hpp"

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "agent/enrol/clock_text.hpp"
#include "agent/enrol/site_places.hpp"
#include "agent/enrol/staged_files.hpp"
#include "agent/forward/own_token.hpp"
#include "common/config/closed_file.hpp"
#include "common/config/config_error.hpp"
#include "common/config/site_text.hpp"
#include "common/link/desk_signature.hpp"
#include "common/link/limits.hpp"
#include "common/log/printable.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/lock_beside.hpp"
#include "common/os/path_text.hpp"
#include "common/os/users.hpp"
#include "common/os/utc_text.hpp"
#include "common/ssh/pinned_hosts.hpp"
#include "common/ssh/private_key.hpp"
#include "common/ssh/public_key.hpp"

namespace icom::enrol {

using forward::FailureKind;
using forward::LinkFailure;

namespace {

constexpr std::uint64_t kMaxKnownHostsBytes = 4U << 20U;
constexpr std::chrono::seconds kGatewayReadsSites{10};
constexpr std::chrono::milliseconds kTryAgain{500};

/// Of files that are there only while an enrolment is under way.
constexpr const char* kUnderWay = ".enrolling";

struct StagedFiles {
  std::filesystem::path key;           ///< the one that is made here
  std::filesystem::path one_time_key;  ///< the enrolment file's
  std::filesystem::path known_hosts;
};

/// Named after the enrolment file, too: a key that was made for one file is never handed in with
/// another. It may have been stolen, and the site revoked for it, in between.
StagedFiles staged_in(const std::filesystem::path& folder, const config::EnrolmentFile& enrolment) {
  const std::string begin = enrolment.site + '_' + config::short_name_of(enrolment) + '_';
  const auto file = [&](const char* what) { return folder / (begin + what + kUnderWay); };
  return {file("ed25519"), file("one_time_ed25519"), file("known_hosts")};
}

/// The key last.
void remove_all(const StagedFiles& staged, const Surroundings& around) {
  for (const auto& file : {staged.one_time_key, staged.known_hosts, staged.key}) {
    remove(around.files, file);
  }
}

/// Those of enrolments of this site that were cut off, but for `kept`.
void remove_staged(const std::filesystem::path& folder, const std::string& site,
                   const StagedFiles& kept, const Surroundings& around) {
  std::vector<std::string> names;
  if (const auto error = around.files.list(folder, names)) {
    throw std::runtime_error("cannot read " + os::utf8(folder) + " (" + error.message() + ")");
  }
  constexpr std::string_view kUnfinished = ".tmp";  // os::write_atomically()'s: .NAME.tmp
  for (std::string name : names) {
    if (name.starts_with('.') && name.ends_with(kUnfinished)) {
      name = name.substr(1, name.size() - 1 - kUnfinished.size());
    }
    const std::filesystem::path file = folder / name;
    const bool is_ours = file == kept.key || file == kept.one_time_key || file == kept.known_hosts;
    if (!is_ours && name.starts_with(site + '_') && name.ends_with(kUnderWay)) {
      remove(around.files, file);
    }
  }
}

std::string known_hosts_with_pins(std::string_view text, const config::EnrolmentFile& enrolment) {
  return ssh::with_pins(text, enrolment.host, enrolment.port, enrolment.host_keys);
}

/// The file may be one that other programs use, too.
void pin_host_keys(const std::filesystem::path& known_hosts, const config::EnrolmentFile& enrolment,
                   const Surroundings& around) {
  if (!config::is_there(known_hosts)) {
    write_private(around.files, known_hosts, known_hosts_with_pins("", enrolment));
    return;
  }
  const std::string text = os::read_text_file(around.files, known_hosts, kMaxKnownHostsBytes);
  const std::string pinned = known_hosts_with_pins(text, enrolment);
  if (pinned != text) os::rewrite_edited_file(around.files, known_hosts, text, pinned);
}

std::string another_file(const std::string& site) {
  return "have another one made at the hosting site: icom-gateway add-site " + site + " --again";
}

/// The site that is set up in the folder already, if there is one.
std::optional<config::SiteSettings> site_in(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kSiteFile;
  if (!config::is_there(file)) return std::nullopt;
  return config::load_site(file);
}

/// A site's file that is there stays as it is: the keys and the token would be got for one way, and
/// another one used.
void check_way(const std::filesystem::path& file, const config::TunnelSettings& tunnel,
               const config::EnrolmentFile& enrolment) {
  const auto compare = [&](const char* key, const std::string& here, const std::string& there) {
    if (here == there) return;
    throw EnrolmentError(os::utf8(file) + " says tunnel." + key + ": " + here +
                         ", and the enrolment file " + there +
                         ": correct the one that is wrong (here, or 'tunnel' in the gateway's "
                         "settings and then icom-gateway add-site " +
                         enrolment.site + " --again), then try again; nothing was changed");
  };
  compare("host", tunnel.host, enrolment.host);
  compare("port", std::to_string(tunnel.port), std::to_string(enrolment.port));
  compare("user", tunnel.user, enrolment.user);
  compare("gateway", tunnel.gateway.text(), enrolment.gateway.text());
}

/// Before anybody is asked: what the gateway answers has to be kept.
void require_room_for_us(const std::filesystem::path& folder) {
  if (os::may_write_in(folder)) return;
  const auto owner = os::owner_of(folder);
  if (!owner) throw EnrolmentError("this account may not look at " + folder.string());
  constexpr std::chrono::seconds kAnswerTime{2};
  const std::string us = os::user_name_within(kAnswerTime, os::own_user());
  const std::string other = os::user_name_within(kAnswerTime, *owner);
  throw EnrolmentError("the folder " + folder.string() + " is " + other + "'s, and account " + us +
                       " may not write there: " +
                       (*owner == 0
                            ? "give it to the account that runs the agent (chown " + us + " " +
                                  folder.string() + ", if that is this one)"
                            : "run this as " + other + " (runuser -u " + other + " -- ...)") +
                       ", or name another folder with --into; nothing was changed");
}

void check(const config::EnrolmentFile& enrolment, const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw EnrolmentError("there is no folder " + os::utf8(folder) +
                         ": make it, owned by the account that runs the agent, or name another "
                         "one with --into");
  }
  require_room_for_us(folder);
  const auto site = site_in(folder);
  if (site && site->site != enrolment.site) {
    throw EnrolmentError("this machine is set up for site " + site->site + " (" +
                         os::utf8(folder / kSiteFile) + "), and the enrolment file is for site " +
                         enrolment.site + ": use the file of " + site->site +
                         ", or another folder with --into");
  }
  if (site) check_way(folder / kSiteFile, site->tunnel, enrolment);
  for (const std::string& key : enrolment.host_keys) {
    if (!ssh::PublicKey::parse(key)) {
      throw EnrolmentError("the enrolment file names a host key that is none: " +
                           another_file(enrolment.site));
    }
  }
}

link::DeskRequest request_for(const config::EnrolmentFile& enrolment, const ssh::PrivateKey& key) {
  const std::string public_key = key.public_key().text();
  const auto signature = key.sign(
      link::signed_text(enrolment.site, link::secret_of_code(enrolment.code).key, public_key));
  link::DeskRequest request;
  request.set_protocol(link::kDeskProtocol);
  request.set_site(enrolment.site);
  request.set_agent_version(ICOM_VERSION);
  request.mutable_enrol()->set_public_key(public_key);
  request.mutable_enrol()->set_signature(signature.data(), signature.size());
  return request;
}

/// The pinned ones are the enrolment file's, so no line of any known_hosts is to be changed.
[[noreturn]] void fail_with_host_key(const config::EnrolmentFile& enrolment,
                                     const std::string& offer) {
  throw EnrolmentError(offer +
                       ", which is NOT one of those pinned by the enrolment file: either the "
                       "server was set up anew since the file was made, or somebody stands in "
                       "between. Nothing was sent. Ask the hosting site; only if it confirms this "
                       "fingerprint, " +
                       another_file(enrolment.site));
}

/// With the file's key; where it was asked before, first with the key made here: if the answer was
/// lost on its way, that one is known and the file's is void. nullopt: no key is taken.
std::optional<link::DeskAnswer> ask(const config::EnrolmentFile& enrolment,
                                    const StagedFiles& staged, bool asked_before,
                                    const link::DeskRequest& request, const Surroundings& around) {
  config::TunnelSettings tunnel;
  tunnel.host = enrolment.host;
  tunnel.port = enrolment.port;
  tunnel.user = enrolment.user;
  tunnel.known_hosts = staged.known_hosts;
  tunnel.gateway = enrolment.gateway;
  std::vector<std::filesystem::path> keys{staged.one_time_key};
  if (asked_before) keys.insert(keys.begin(), staged.key);
  for (const auto& key : keys) {
    tunnel.key = key;
    try {
      return around.ask(tunnel, request, link::secret_of_code(enrolment.code));
    } catch (const LinkFailure& failure) {
      if (failure.kind == FailureKind::gateway_away) {
        throw EnrolmentError(std::string(failure.what()) +
                             "; then run this again with the same file");
      }
      if (failure.kind == FailureKind::host_key && !failure.offer.empty()) {
        fail_with_host_key(enrolment, failure.offer);
      }
      if (failure.kind != FailureKind::authentication) throw;
    }
  }
  return std::nullopt;
}

/// The whole way to the gateway, with the site's files.
void try_link_of(const config::SiteSettings& site, const Surroundings& around) {
  around.try_link(site.tunnel, {site.site, forward::read_own_token(site.tunnel), ICOM_VERSION,
                                site.tunnel.gateway.text()});
}

bool is_missing(const std::filesystem::path& file) {
  std::error_code unknown;
  return std::filesystem::status(file, unknown).type() == std::filesystem::file_type::not_found;
}

[[noreturn]] void fail_with_link_not_tried(const config::SiteSettings& site, const char* why) {
  throw EnrolmentError("this machine is set up as site " + site.site +
                       " already; whether the gateway welcomes it could not be tried now: " + why +
                       ". Run this again once that is put right; nothing was changed");
}

/// The site that is set up in the folder, if the gateway welcomes it. Throws EnrolmentError where
/// that could not be tried: a site that works must not be taken for one that is not welcome.
std::optional<config::SiteSettings> welcomed_site_in(const std::filesystem::path& folder,
                                                     const Surroundings& around) {
  auto site = site_in(folder);
  if (!site) return std::nullopt;
  if (is_missing(site->tunnel.key) || is_missing(site->tunnel.token_file)) return std::nullopt;
  try {
    try_link_of(*site, around);
  } catch (const LinkFailure& failure) {
    const bool not_welcome =
        failure.kind == FailureKind::authentication || failure.kind == FailureKind::refused;
    if (not_welcome) return std::nullopt;
    fail_with_link_not_tried(*site, failure.what());
  } catch (const std::exception& error) {
    fail_with_link_not_tried(*site, error.what());
  }
  return site;
}

void say_enrolled_already(const config::SiteSettings& site, const Surroundings& around) {
  around.say("ok", "this machine is enrolled as site " + site.site +
                       " already, and the gateway welcomes it: nothing was changed. The enrolment "
                       "file opens nothing any more; for another key and token have another file "
                       "made, or use icom-agent rotate");
}

/// A key that was made for this file may be the site's already, its answer lost: the gateway knows.
bool is_expired(const config::EnrolmentFile& enrolment, const StagedFiles& staged,
                const Surroundings& around) {
  return around.now() >= enrolment.expires && !config::is_there(staged.key);
}

[[noreturn]] void fail_with_expired(const config::EnrolmentFile& enrolment,
                                    const Surroundings& around) {
  throw EnrolmentError("the enrolment file expired on " + os::utc_text(enrolment.expires) +
                       " (by this machine's clock it is " + os::utc_text(around.now()) +
                       "): " + another_file(enrolment.site));
}

[[noreturn]] void fail_with_no_key_taken(const config::EnrolmentFile& enrolment) {
  throw EnrolmentError("the hosting site's sshd at " + enrolment.host +
                       " does not take the enrolment file's key: by its clock the file has "
                       "expired, it was used, a newer one was made, the site was revoked, or this "
                       "sshd does not ask icom-gateway for keys (deploy/sshd/icom.conf). If it was "
                       "used and not by you, somebody has copied it: have icom-gateway revoke " +
                       enrolment.site + " run at once. Ask there, or " +
                       another_file(enrolment.site));
}

/// The site's file that the gateway has sent, as it would be in `file`. Throws if it is not one of
/// this site, or names places that are not in `folder`: it was written by others, and what it names
/// is about to be written.
config::SiteSettings checked_site_file(const std::filesystem::path& file,
                                       const std::filesystem::path& folder,
                                       const config::EnrolmentFile& enrolment,
                                       const std::string& text) {
  config::SiteSettings site = config::site_from_text(file, text);
  if (site.site != enrolment.site) {
    throw EnrolmentError("the gateway sent another site's file: report it");
  }
  require_inside(site.tunnel, folder);
  check_way(file, site.tunnel, enrolment);
  require_ours(site.tunnel, file);
  return site;
}

/// What the site is to be, as the gateway's file says unless it has one of its own.
config::SiteSettings settle_site_file(const std::filesystem::path& folder,
                                      const config::EnrolmentFile& enrolment,
                                      const std::string& text, const Surroundings& around) {
  const std::filesystem::path file = folder / kSiteFile;
  if (auto site = site_in(folder)) {
    require_ours(site->tunnel, file);
    around.say("ok", os::utf8(file) + " is there already, and stays as it is");
    return std::move(*site);
  }
  auto site = checked_site_file(file, folder, enrolment, text);
  write_private(around.files, file, text);
  around.say("ok", "wrote " + os::utf8(file));
  return site;
}

void install(const config::TunnelSettings& tunnel, const config::EnrolmentFile& enrolment,
             const ssh::PrivateKey& key, const std::string& token, const Surroundings& around) {
  const auto no_rotation = os::lock_beside(around.files, tunnel.key);
  // What a rotation left half done is void since the gateway has enrolled. The token first: alone
  // it would be taken for a rotation's that is to be finished.
  remove(around.files, next_of(tunnel.token_file));
  remove(around.files, next_of(tunnel.key));
  pin_host_keys(tunnel.known_hosts, enrolment, around);
  write_private(around.files, tunnel.key, key.text());
  write_private(around.files, tunnel.token_file, token + '\n');
  around.say("ok", "wrote " + os::utf8(tunnel.key) + ", " + os::utf8(tunnel.known_hosts) + " and " +
                       os::utf8(tunnel.token_file));
}

}  // namespace

void enrol(const config::EnrolmentFile& enrolment, const std::filesystem::path& folder,
           const Surroundings& around) {
  const StagedFiles staged = staged_in(folder, enrolment);
  check(enrolment, folder);
  if (is_expired(enrolment, staged, around)) {
    const auto site = welcomed_site_in(folder, around);
    if (!site) fail_with_expired(enrolment, around);
    say_enrolled_already(*site, around);
    return;
  }
  const Reach reach = around.reach(enrolment.host, enrolment.port);
  if (!reach.reached) throw EnrolmentError(reach.text);
  around.say("ok", reach.text);

  const auto alone = os::lock_beside(around.files, folder / kSiteFile);
  const bool asked_before = config::is_there(staged.key);
  const ssh::PrivateKey key = key_in(around.files, staged.key, "icom site " + enrolment.site);
  write_private(around.files, staged.one_time_key, enrolment.private_key);
  write_private(around.files, staged.known_hosts, known_hosts_with_pins("", enrolment));
  const auto asked = ask(enrolment, staged, asked_before, request_for(enrolment, key), around);
  if (!asked) {
    const auto site = welcomed_site_in(folder, around);
    if (!site) fail_with_no_key_taken(enrolment);
    remove_all(staged, around);
    say_enrolled_already(*site, around);
    return;
  }
  const link::DeskAnswer& answer = *asked;
  const std::string clock = clock_text(around.now(), answer.gateway_time());
  if (!clock.empty()) around.say("note", clock);
  if (answer.has_refused())
    throw EnrolmentError("the gateway refuses: " + text_of(answer.refused()));
  if (!answer.has_enrolled()) throw EnrolmentError("the gateway's answer is no enrolment");
  around.say("ok",
             "the host key is the pinned one, and the gateway has enrolled this machine: key " +
                 key.public_key().fingerprint());

  if (!config::is_secret(answer.enrolled().token())) throw EnrolmentError(kBadToken);
  const auto site = settle_site_file(folder, enrolment, answer.enrolled().site_file(), around);
  remove_staged(folder, enrolment.site, staged, around);
  install(site.tunnel, enrolment, key, answer.enrolled().token(), around);
  try_link_patiently(site, around);
  // Only now, and the key last: as long as it is there this enrolment can be gone through again.
  remove_all(staged, around);
  around.say("ok", "the gateway welcomes site " + site.site + " with the new key and token");
}

std::string text_of(const link::DeskRefused& refused) {
  return log::printable(refused.text(), log::kSentence);
}

void try_link_patiently(const config::SiteSettings& site, const Surroundings& around) {
  const auto until = std::chrono::steady_clock::now() + kGatewayReadsSites;
  for (;;) {
    try {
      try_link_of(site, around);
      return;
    } catch (const LinkFailure& failure) {
      if (failure.kind != FailureKind::refused || std::chrono::steady_clock::now() >= until) throw;
    }
    std::this_thread::sleep_for(kTryAgain);
  }
}

}  // namespace icom::enrol
