#include "gateway/serve/sshd_faults.hpp"

#include <gmock/gmock.h>

#include "gateway/serve/sshd_port_check.hpp"
#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What sshd -T says of the guide's settings, as far as it matters.
const std::string kGuides = R"(port 922
listenaddress [::]:922
listenaddress 0.0.0.0:922
usepam no
maxsessions 0
clientaliveinterval 5
clientalivecountmax 3
pubkeyauthentication yes
x11forwarding no
permittty no
permituserrc no
gatewayports clientspecified
allowtcpforwarding yes
allowagentforwarding no
disableforwarding no
allowstreamlocalforwarding no
forcecommand /bin/false
authorizedkeyscommand /usr/local/bin/icom-gateway authorized-keys --registration REGISTRATION %f
authorizedkeyscommanduser icom-gateway
authorizedkeysfile none
authenticationmethods publickey
persourcemaxstartups 40
permittunnel no
permitopen any
permitlisten any
)";

class SshdFaults : public GatewayFolder {
 protected:
  static constexpr const char* kForwards =
      "forwards:\n"
      "  - {name: sql, direction: remote, listen: 14330, target: 192.168.17.5:1433}\n"
      "  - {name: web, direction: local, listen: 8080, target: \"intranet.example:80\"}\n";

  SshdFaults() {
    write("sites/nbcc.yaml", config::with(config::kSite, "forwards: []\n", kForwards));
    write("gateway.yaml", settings() + "registration: registration\n");
    login_ = {1000, 1000, "/bin/sh", false};
  }
  /// With one thing changed.
  [[nodiscard]] SshdSettings sshd(const std::string& what = "", const std::string& by = "") const {
    const std::string guides =
        config::with(kGuides, "REGISTRATION", (folder_ / "registration").string());
    return SshdSettings(what.empty() ? guides : config::with(guides, what, by));
  }
  /// Faults as `FAIL ...`, remarks as `note ...`.
  [[nodiscard]] std::vector<std::string> found(const std::string& what = "",
                                               const std::string& by = "") const {
    const SshdSettings asked = sshd(what, by);
    const config::GatewaySettings loaded = config::load_gateway(config_);
    std::vector<std::string> texts;
    for (const auto& some :
         {key_findings(asked, loaded, "icom-gateway"),
          login_findings(asked, "icom", login_,
                         [](const std::string& group) { return group == "icom"; }),
          forwarding_findings(asked, loaded), confinement_findings(asked)}) {
      for (const SshdFinding& one : some) {
        texts.push_back((one.is_fault ? "FAIL " : "note ") + one.text);
      }
    }
    return texts;
  }
  void expect(const std::string& what, const std::string& by, const std::string& text) const {
    EXPECT_THAT(found(what, by), ElementsAre(HasSubstr(text))) << by;
  }

  os::Login login_;
};

TEST_F(SshdFaults, OfTheGuidesSettingsThereAreNone) {
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_EQ(key_program(sshd()), "/usr/local/bin/icom-gateway");
  EXPECT_EQ(sshd().listens(), (std::vector<config::Address>{{"::", 922}, {"0.0.0.0", 922}}));
}

TEST_F(SshdFaults, ASshdThatDoesNotAskForTheSitesKeysIsFound) {
  const std::string command = sshd().value("authorizedkeyscommand");
  expect(command, "none", "FAIL AuthorizedKeysCommand is none: sshd does not ask");
  expect(command, "/usr/bin/keys %u", "note AuthorizedKeysCommand is /usr/bin/keys, which is not");
  expect((folder_ / "registration").string(), "/var/lib/other",
         "FAIL AuthorizedKeysCommand looks for keys in /var/lib/other");
  expect(" %f", "", "FAIL AuthorizedKeysCommand is not given the key's fingerprint");
  expect("commanduser icom-gateway", "commanduser nobody",
         "FAIL AuthorizedKeysCommandUser is nobody, which cannot read");
  EXPECT_THAT(found("commanduser icom-gateway", "commanduser root"), IsEmpty());
  expect("keysfile none", "keysfile .ssh/authorized_keys",
         "note AuthorizedKeysFile is not none: keys that stand there by hand");
}

TEST_F(SshdFaults, AListOfKeysThatSshdReadsItselfIsTold) {
  const SshdSettings asked("authorizedkeyscommand none\nauthorizedkeysfile /etc/keys " +
                           (folder_ / "registration/authorized_keys").string() + "\n");
  const auto findings = key_findings(asked, config::load_gateway(config_), "");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_FALSE(findings[0].is_fault);
  EXPECT_THAT(findings[0].text, HasSubstr("revoke ends no SSH connection"));
}

TEST_F(SshdFaults, AnAccountThatMayNotLogInIsFound) {
  expect("pubkeyauthentication yes", "pubkeyauthentication no", "FAIL PubkeyAuthentication is no");
  expect("methods publickey", "methods publickey,password", "FAIL AuthenticationMethods asks for");
  EXPECT_THAT(found("methods publickey", "methods password publickey"), IsEmpty());
  expect("port 922", "denyusers i*", "FAIL DenyUsers has account icom");
  expect("port 922", "allowusers root admin", "FAIL AllowUsers does not have account icom");
  EXPECT_THAT(found("port 922", "allowusers root\nallowusers ic?m@10.0.0.1"), IsEmpty());
  EXPECT_THAT(found("port 922", "denyusers icom@10.0.0.1"), IsEmpty()) << "sites are elsewhere";
  expect("port 922", "denygroups icom", "FAIL DenyGroups has group icom");
  expect("port 922", "allowgroups wheel", "FAIL AllowGroups has no group in which account icom");
  EXPECT_THAT(found("port 922", "allowgroups wheel ic*"), IsEmpty()) << "nothing is certain";
}

TEST_F(SshdFaults, ALockedAccountIsOneOnlyWithoutPam) {
  login_.is_locked = true;
  expect("usepam no", "usepam no", "FAIL account icom's password is locked");
  EXPECT_THAT(found("usepam no", "usepam yes"), IsEmpty());
  login_.is_locked = std::nullopt;
  EXPECT_THAT(found(), IsEmpty()) << "nobody knows";
  login_.shell = (folder_ / "none").string();
  expect("port 922", "port 922", "is not there, and sshd then lets it not in");
}

TEST_F(SshdFaults, ForwardingThatKeepsSitesFromTheIngestIsFound) {
  expect("disableforwarding no", "disableforwarding yes", "FAIL DisableForwarding is yes");
  for (const char* const value : {"no", "remote"}) {
    expect("tcpforwarding yes", std::string("tcpforwarding ") + value,
           "no site reaches the ingest");
  }
  expect("tcpforwarding yes", "tcpforwarding local", "the sites' remote forwards are refused");
  expect("permitopen any", "permitopen none", "FAIL PermitOpen leaves out 127.0.0.1:");
  expect("permitopen any", "permitopen *:80 127.0.0.1:1", "PermitOpen leaves out 127.0.0.1:");
  expect("permitopen any", "permitopen 127.0.0.1:*", "PermitOpen leaves out intranet.example:80,");
  EXPECT_THAT(found("permitopen any", "permitopen 127.0.0.1:* intranet.example:80"), IsEmpty());
  expect("permitlisten any", "permitlisten 8080", "PermitListen leaves out 127.0.0.1:14330");
  EXPECT_THAT(found("permitlisten any", "permitlisten 14330"), IsEmpty());
  expect("gatewayports clientspecified", "gatewayports yes", "FAIL GatewayPorts is yes");
  EXPECT_THAT(found("gatewayports clientspecified", "gatewayports no"), IsEmpty());
}

TEST_F(SshdFaults, WhatAnAccountMayDoBesideForwardingIsSaidInOneLine) {
  expect("permittty no\npermituserrc no", "permittty yes\npermituserrc yes",
         "FAIL the account may do more than forward ports (PermitTTY yes, PermitUserRC yes)");
  expect("maxsessions 0", "maxsessions 10\nforcecommand none", "(ForceCommand none)");
  EXPECT_THAT(found("forcecommand /bin/false", "forcecommand none"), IsEmpty());
  expect("interval 5", "interval 0", "note ClientAliveInterval is off");
  expect("startups 40", "startups none", "note PerSourceMaxStartups is none");
}

TEST(SshdVersion, OneThatDoesNotKnowWhenAnEnrolmentFileExpiresIsTooOld) {
  EXPECT_THAT(too_old("SSH-2.0-OpenSSH_9.0p1 Debian-1"), HasSubstr("no site can enrol"));
  EXPECT_THAT(too_old("SSH-2.0-OpenSSH_8.4p1"), HasSubstr("older than OpenSSH 9.1"));
  for (const char* const banner :
       {"SSH-2.0-OpenSSH_9.1", "SSH-2.0-OpenSSH_9.2p1 Debian-2", "SSH-2.0-OpenSSH_10.0",
        "SSH-2.0-dropbear", "SSH-2.0-OpenSSH_", "SSH-2.0-OpenSSH_x"}) {
    EXPECT_EQ(too_old(banner), "") << banner;
  }
}

}  // namespace
}  // namespace icom::serve
