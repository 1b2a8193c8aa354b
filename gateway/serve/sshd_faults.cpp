#include "gateway/serve/sshd_faults.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/log/printable.hpp"
#include "gateway/registration/places.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAsInTheGuide = ": have it as deploy/sshd/icom.conf has it";

void fault(std::vector<SshdFinding>& to, std::string text) {
  to.push_back({true, std::move(text)});
}

void remark(std::vector<SshdFinding>& to, std::string text) {
  to.push_back({false, std::move(text)});
}

std::vector<std::string> words_in(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool is_one_file(const fs::path& one, const fs::path& other) {
  std::error_code unknown;
  return fs::weakly_canonical(one, unknown) == fs::weakly_canonical(other, unknown);
}

/// As ssh_config(5), PATTERNS, but for what names a host.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches(pattern.substr(1), text.substr(1));
}

/// `HOST:PORT`, `PORT`; both may be `*`.
bool permits(const std::string& entry, const config::Address& address) {
  const std::size_t colon = entry.rfind(':');
  const std::string port = colon == std::string::npos ? entry : entry.substr(colon + 1);
  if (port != "*" && port != std::to_string(address.port)) return false;
  if (colon == std::string::npos || entry.substr(0, colon) == "*") return true;
  const std::string text = address.text();
  return entry.substr(0, colon) == text.substr(0, text.rfind(':'));
}

/// Those that the setting leaves out; empty if it permits all.
std::set<std::string> not_permitted(const SshdSettings& sshd, const std::string& setting,
                                    const std::vector<config::Address>& wanted) {
  const auto entries = sshd.words(setting);
  std::set<std::string> left;
  if (entries.empty() || entries.front() == "any") return left;
  for (const config::Address& address : wanted) {
    const auto does = [&](const std::string& entry) { return permits(entry, address); };
    if (std::ranges::none_of(entries, does)) left.insert(address.text());
  }
  return left;
}

std::string joined(const std::set<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::vector<config::Address> remote_listens(const config::GatewaySettings& settings) {
  std::vector<config::Address> listens;
  for (const config::SiteSettings& site : settings.sites) {
    for (const config::ForwardSettings& forward : site.forwards) {
      if (forward.direction == config::ForwardDirection::remote) listens.push_back(forward.listen);
    }
  }
  return listens;
}

/// The ingest, and what sites' local forwards lead to.
std::vector<config::Address> opened(const config::GatewaySettings& settings) {
  std::vector<config::Address> opens{registration::places_of(settings).ingest};
  for (const config::SiteSettings& site : settings.sites) {
    for (const config::ForwardSettings& forward : site.forwards) {
      if (forward.direction == config::ForwardDirection::local) opens.push_back(forward.target);
    }
  }
  return opens;
}

/// Where the command line of the guide names its folder.
std::string registration_in(const std::vector<std::string>& command) {
  constexpr std::string_view kOption = "--registration";
  for (std::size_t i = 0; i < command.size(); ++i) {
    if (command[i] == kOption && i + 1 < command.size()) return command[i + 1];
    if (command[i].starts_with(std::string(kOption) + '=')) {
      return command[i].substr(kOption.size() + 1);
    }
  }
  return {};
}

void look_at_command(std::vector<SshdFinding>& to, const SshdSettings& sshd,
                     const config::GatewaySettings& settings, const std::string& asks_as) {
  const auto command = words_in(sshd.value("authorizedkeyscommand"));
  const bool is_ours = std::ranges::find(command, "authorized-keys") != command.end();
  if (!is_ours) {
    return remark(to, "AuthorizedKeysCommand is " + log::printable(command.front()) +
                          ", which is not `icom-gateway authorized-keys`: that it knows the sites' "
                          "keys is not looked at");
  }
  const std::string folder = registration_in(command);
  if (!is_one_file(folder, settings.registration)) {
    fault(to, "AuthorizedKeysCommand looks for keys in " + log::printable(folder, log::kSentence) +
                  ", and `registration` of gateway.yaml is " + settings.registration.string() +
                  ": sites that enrol are not let in. Name the same folder in both");
  }
  if (std::ranges::find(command, "%f") == command.end()) {
    fault(to, "AuthorizedKeysCommand is not given the key's fingerprint, %f" +
                  std::string(kAsInTheGuide));
  }
  const std::string user = sshd.value("authorizedkeyscommanduser");
  if (!asks_as.empty() && user != asks_as && user != "root") {
    fault(to, "AuthorizedKeysCommandUser is " + log::printable(user) +
                  ", which cannot read the keys: the gateway's account, " + asks_as +
                  ", owns them, and is to be named");
  }
}

/// A pattern may mean any group: then nothing is certain.
void look_at_groups(std::vector<SshdFinding>& to, const SshdSettings& sshd, const std::string& user,
                    const GroupMember& is_member) {
  const auto is_member_of = [&is_member](const std::string& group) -> std::optional<bool> {
    if (group.find_first_of("*?!") != std::string::npos) return std::nullopt;
    return is_member(group);
  };
  for (const std::string& group : sshd.words("denygroups")) {
    if (is_member_of(group) == true) {
      fault(to, "DenyGroups has group " + log::printable(group) + ", in which account " + user +
                    " is: take it out of one of them");
    }
  }
  const auto allowed = sshd.words("allowgroups");
  const auto is_none = [&](const std::string& group) { return is_member_of(group) == false; };
  if (!allowed.empty() && std::ranges::all_of(allowed, is_none)) {
    fault(to, "AllowGroups has no group in which account " + user + " is: add " + user + "'s own");
  }
}

}  // namespace

fs::path key_program(const SshdSettings& sshd) {
  const auto command = words_in(sshd.value("authorizedkeyscommand"));
  return command.empty() || command.front() == "none" ? fs::path() : fs::path(command.front());
}

std::vector<SshdFinding> key_findings(const SshdSettings& sshd,
                                      const config::GatewaySettings& settings,
                                      const std::string& asks_as) {
  std::vector<SshdFinding> found;
  const fs::path keys = registration::places_of(settings).authorized_keys();
  const auto files = sshd.words("authorizedkeysfile");
  const bool reads_ours =
      std::ranges::any_of(files, [&keys](const auto& file) { return is_one_file(file, keys); });
  const bool reads_others = !files.empty() && files.front() != "none" && !reads_ours;
  if (!key_program(sshd).empty()) {
    look_at_command(found, sshd, settings, asks_as);
  } else if (!reads_ours) {
    fault(found,
          "AuthorizedKeysCommand is none: sshd does not ask icom-gateway for keys, and sites that "
          "enrol are not let in. Copy deploy/sshd/icom.conf to /etc/ssh/sshd_config.d, with "
          "`Match User` as `tunnel.user` has it, then systemctl reload ssh");
  } else {
    remark(found, "sshd reads " + keys.string() +
                      " itself: icom-gateway revoke ends no SSH connection then "
                      "(docs/security.md, \"sshd\")");
  }
  if (reads_others && !key_program(sshd).empty()) {
    remark(found,
           "AuthorizedKeysFile is not none: keys that stand there by hand are let in beside "
           "the sites', and revoke does not make them void");
  }
  return found;
}

std::vector<SshdFinding> login_findings(const SshdSettings& sshd, const std::string& user,
                                        const os::Login& login, const GroupMember& is_member) {
  std::vector<SshdFinding> found;
  if (sshd.word("pubkeyauthentication") == "no") {
    fault(found, std::string("PubkeyAuthentication is no, and sites have a key and nothing else") +
                     kAsInTheGuide);
  }
  const auto methods = sshd.words("authenticationmethods");
  const auto by_key_alone = [](const std::string& method) {
    return method == "any" || method == "publickey";
  };
  if (!methods.empty() && std::ranges::none_of(methods, by_key_alone)) {
    fault(found, "AuthenticationMethods asks for more than a key, and sites have nothing else" +
                     std::string(kAsInTheGuide));
  }
  // What names a host beside the account depends on where a site comes from.
  const auto names_user = [&user](const std::string& pattern) {
    return pattern.find('@') == std::string::npos && matches(pattern, user);
  };
  const auto denied = sshd.words("denyusers");
  if (std::ranges::any_of(denied, names_user)) {
    fault(found, "DenyUsers has account " + user + ": take it out");
  }
  const auto allowed = sshd.words("allowusers");
  const auto may_name_user = [&user](const std::string& pattern) {
    return matches(pattern.substr(0, pattern.find('@')), user);
  };
  if (!allowed.empty() && std::ranges::none_of(allowed, may_name_user)) {
    fault(found, "AllowUsers does not have account " + user + ": add it");
  }
  look_at_groups(found, sshd, user, is_member);
  if (sshd.word("usepam") == "no" && login.is_locked == true) {
    fault(found, "account " + user +
                     "'s password is locked, and with UsePAM no sshd lets nobody in who has such "
                     "a one: UsePAM yes, or usermod -p '*' " +
                     user);
  }
  std::error_code unknown;
  if (!fs::exists(login.shell, unknown) && !unknown) {
    fault(found, "account " + user + "'s shell, " + log::printable(login.shell) +
                     ", is not there, and sshd then lets it not in: usermod -s /usr/sbin/nologin " +
                     user);
  }
  return found;
}

std::vector<SshdFinding> forwarding_findings(const SshdSettings& sshd,
                                             const config::GatewaySettings& settings) {
  std::vector<SshdFinding> found;
  const std::string allowed = sshd.word("allowtcpforwarding");
  const auto listens = remote_listens(settings);
  if (sshd.word("disableforwarding") == "yes") {
    fault(found,
          std::string("DisableForwarding is yes: no site reaches the ingest") + kAsInTheGuide);
  } else if (allowed == "no" || allowed == "remote") {
    fault(found,
          "AllowTcpForwarding is " + allowed + ": no site reaches the ingest" + kAsInTheGuide);
  } else if (allowed == "local" && !listens.empty()) {
    fault(found,
          std::string("AllowTcpForwarding is local: the sites' remote forwards are refused") +
              kAsInTheGuide);
  }
  if (const auto left = not_permitted(sshd, "permitopen", opened(settings)); !left.empty()) {
    fault(found, "PermitOpen leaves out " + joined(left) +
                     ", where sites are to connect to: take PermitOpen out, each key's own line "
                     "says where it may (docs/security.md), or add these");
  }
  if (const auto left = not_permitted(sshd, "permitlisten", listens); !left.empty()) {
    fault(found, "PermitListen leaves out " + joined(left) +
                     ", where sites' remote forwards listen: take PermitListen out, or add these");
  }
  const std::string gateway_ports = sshd.word("gatewayports");
  if (gateway_ports == "yes") {
    fault(found,
          std::string("GatewayPorts is yes: every remote forward is open to the networks that this "
                      "machine is on, whatever the site's file says") +
              kAsInTheGuide);
  }
  const auto beyond = [](const config::Address& listen) { return !config::is_loopback(listen); };
  if (gateway_ports == "no" && std::ranges::any_of(listens, beyond)) {
    fault(found, std::string("GatewayPorts is no: remote forwards that are to listen at another "
                             "address than loopback's do not") +
                     kAsInTheGuide);
  }
  return found;
}

std::vector<SshdFinding> confinement_findings(const SshdSettings& sshd) {
  std::vector<SshdFinding> found;
  std::set<std::string> open;
  const auto expect = [&](const char* setting, const char* shown, const char* wanted) {
    const std::string has = sshd.word(setting);
    if (!has.empty() && has != wanted) open.insert(std::string(shown) + ' ' + log::printable(has));
  };
  expect("permittty", "PermitTTY", "no");
  expect("permittunnel", "PermitTunnel", "no");
  expect("permituserrc", "PermitUserRC", "no");
  expect("x11forwarding", "X11Forwarding", "no");
  expect("allowagentforwarding", "AllowAgentForwarding", "no");
  expect("allowstreamlocalforwarding", "AllowStreamLocalForwarding", "no");
  if (sshd.word("forcecommand") == "none" && sshd.word("maxsessions") != "0") {
    open.insert("ForceCommand none");
  }
  if (!open.empty()) {
    fault(found, "the account may do more than forward ports (" + joined(open) +
                     "), so that nothing but its key's own line confines a site" + kAsInTheGuide);
  }
  if (sshd.word("clientaliveinterval") == "0" || sshd.word("clientalivecountmax") == "0") {
    remark(found, std::string("ClientAliveInterval is off: of a site that has vanished the remote "
                              "forwards' ports stay taken, and it cannot have them again") +
                      kAsInTheGuide);
  }
  if (sshd.word("persourcemaxstartups") == "none") {
    remark(found, std::string("PerSourceMaxStartups is none: who connects and does not log in can "
                              "keep all sites out (docs/security.md)") +
                      kAsInTheGuide);
  }
  return found;
}

}  // namespace icom::serve
