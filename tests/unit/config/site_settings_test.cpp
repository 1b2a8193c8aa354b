#include "common/config/site_settings.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <vector>

#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

class SiteSettingsTest : public SettingsFolder {
 protected:
  SiteSettings load(const std::string& text) const { return load_site(write("nbcc.yaml", text)); }
  ConfigError error(const std::string& text) const {
    return error_of([&] { load(text); });
  }
};

TEST_F(SiteSettingsTest, EveryKeyIsRead) {
  const SiteSettings site = load(kSite);
  EXPECT_EQ(site.site, "nbcc");
  EXPECT_EQ(site.timezone, "Australia/Sydney");
  ASSERT_EQ(site.linacs.size(), 2U);
  EXPECT_EQ(site.linacs[0].serial, "4299");
  EXPECT_EQ(site.linacs[0].address.text(), "192.168.17.40:1706");
  EXPECT_EQ(site.linacs[1].serial, "9183");
  EXPECT_EQ(site.linacs[1].address.text(), "192.168.17.42:1707");
  EXPECT_EQ(site.tunnel.host, "physics.rccc.example");
  EXPECT_EQ(site.tunnel.port, 38471);
  EXPECT_EQ(site.tunnel.user, "icom");
  EXPECT_EQ(site.tunnel.key, "/etc/icom/nbcc_ed25519");
  EXPECT_EQ(site.tunnel.gateway.text(), "127.0.0.1:7600");
  EXPECT_EQ(site.spool.directory, "/var/lib/icom/spool");
  EXPECT_EQ(site.spool.max_bytes, 20ULL << 30U);
}

TEST_F(SiteSettingsTest, RelativePathsStartAtTheFilesFolder) {
  const SiteSettings site = load(kSite);
  EXPECT_EQ(site.tunnel.known_hosts, folder_ / "known_hosts");
  EXPECT_EQ(site.tunnel.token_file, folder_.parent_path() / "secrets/nbcc.token");
}

TEST_F(SiteSettingsTest, OptionalKeysHaveDefaults) {
  std::string text = with(kSite, "  port: 38471\n", "");
  text = with(text, "  max_bytes: 20 GiB\n", "");
  text = with(text, "forwards: []\n", "");
  const SiteSettings site = load(text);
  EXPECT_EQ(site.tunnel.port, 22);
  EXPECT_EQ(site.spool.max_bytes, 20ULL << 30U);
}

TEST_F(SiteSettingsTest, SerialWithoutQuotesIsTakenAsItsText) {
  EXPECT_EQ(load(with(kSite, "\"4299\"", "0123")).linacs[0].serial, "0123");
  EXPECT_EQ(load(with(kSite, "\"4299\"", "1e3")).linacs[0].serial, "1e3");
}

struct Fault {
  std::string name;
  std::string what;
  std::string by;
  int line;
  std::string key;
  std::string read;
  std::string expected;  ///< a part of it
};
void PrintTo(const Fault& fault, std::ostream* to) {
  *to << fault.name;
}

class SiteFault : public SiteSettingsTest, public testing::WithParamInterface<Fault> {};

TEST_P(SiteFault, IsReportedWithItsLineItsKeyAndWhatWasExpected) {
  const Fault& fault = GetParam();
  const ConfigError refused = error(with(kSite, fault.what, fault.by));
  ASSERT_EQ(refused.problems().size(), 1U) << refused.what();
  const Problem& problem = refused.first();
  EXPECT_EQ(problem.file, (folder_ / "nbcc.yaml").string());
  EXPECT_EQ(problem.line, fault.line);
  EXPECT_GT(problem.column, 0);
  EXPECT_EQ(problem.key, fault.key);
  EXPECT_EQ(problem.read, fault.read);
  EXPECT_THAT(problem.expected, HasSubstr(fault.expected));
}

INSTANTIATE_TEST_SUITE_P(
    Site, SiteFault,
    testing::Values(
        Fault{"UnknownKeyWithANearKnownOne", "timezone:", "timezone: UTC\ntimezoen:", 3, "timezoen",
              "", "did you mean timezone?"},
        Fault{"UnknownKeyFarFromAll", "forwards: []", "colour: blue", 19, "colour", "",
              "one of fan_out, forwards, linacs, site, spool, timezone, tunnel"},
        Fault{"UnknownKeyOfALinac", "    address: 192.168.17.40\n",
              "    address: 192.168.17.40\n    adress: x\n", 6, "linacs[0].adress", "",
              "did you mean address?"},
        Fault{"MissingKey", "  user: icom\n", "", 9, "tunnel.user", "", "this key"},
        Fault{"MissingSection", "spool:\n  directory: /var/lib/icom/spool\n  max_bytes: 20 GiB\n",
              "", 1, "spool", "", "this key"},
        Fault{"EmptyValue", "  user: icom", "  user:", 11, "tunnel.user", "", "the account"},
        Fault{"DuplicateKey", "  user: icom\n", "  user: icom\n  user: root\n", 12, "tunnel.user",
              "", "stands on line 11 too"},
        Fault{"DuplicateKeyAtTheTop", "forwards: []", "forwards: []\nsite: nbcc", 20, "site", "",
              "stands on line 1 too"},
        Fault{"ListInsteadOfText", "timezone: Australia/Sydney", "timezone: [Australia/Sydney]", 2,
              "timezone", "a list", "time zone"},
        Fault{"TextInsteadOfMap", "spool:\n  directory: /var/lib/icom/spool\n  max_bytes: 20 GiB\n",
              "spool: here\n", 16, "spool", "here", "a map"},
        Fault{"PortTooLarge", "port: 38471", "port: 65536", 10, "tunnel.port", "65536",
              "1 to 65535"},
        Fault{"PortZero", "port: 38471", "port: 0", 10, "tunnel.port", "0", "1 to 65535"},
        Fault{"PortThatIsNoNumber", "port: 38471", "port: ssh", 10, "tunnel.port", "ssh",
              "1 to 65535"},
        Fault{"AddressThatDoesNotParse", "192.168.17.40\n", "192.168.17.400\n", 5,
              "linacs[0].address", "192.168.17.400", "ADDRESS"},
        Fault{"AddressOfNoMachine", "192.168.17.40\n", "0.0.0.0\n", 5, "linacs[0].address",
              "0.0.0.0", "the Linac's own address"},
        Fault{"AddressOfNoMachineInVersion6", "192.168.17.42:1707", "\"[::]:1707\"", 7,
              "linacs[1].address", "[::]:1707", "the Linac's own address"},
        Fault{"PathThatAShellWouldComplete", "/var/lib/icom/spool", "~/spool", 17,
              "spool.directory", "~/spool", "written out"},
        Fault{"PathWithAVariable", "known_hosts: known_hosts", "known_hosts: $HOME/known_hosts", 13,
              "tunnel.known_hosts", "$HOME/known_hosts", "written out"},
        Fault{"AddressPortOutOfRange", "192.168.17.42:1707", "192.168.17.42:70000", 7,
              "linacs[1].address", "192.168.17.42:70000", "ADDRESS"},
        Fault{"GatewayWithoutPort", "127.0.0.1:7600", "127.0.0.1", 14, "tunnel.gateway",
              "127.0.0.1", "ADDRESS:PORT"},
        Fault{"HostWithPort", "physics.rccc.example", "physics.rccc.example:22", 9, "tunnel.host",
              "physics.rccc.example:22", "without a port"},
        Fault{"DuplicateSerial", "\"9183\"", "4299", 6, "linacs[1].serial", "4299",
              "the Linac on line 4 has it too"},
        Fault{"DuplicateAddress", "192.168.17.42:1707", "192.168.17.40:1706", 7,
              "linacs[1].address", "192.168.17.40:1706", "the Linac on line 4 (4299) has it too"},
        Fault{"DuplicateAddressInAnotherSpelling", "192.168.17.42:1707", "::ffff:192.168.17.40", 7,
              "linacs[1].address", "::ffff:192.168.17.40", "the Linac on line 4 (4299) has it too"},
        Fault{"PortBeforeAddress", "192.168.17.42:1707", "1707:192.168.17.42", 7,
              "linacs[1].address", "1707:192.168.17.42", "did you mean 192.168.17.42:1707?"},
        Fault{"SerialThatLeadsOutOfTheSpool", "\"4299\"", "../4299", 4, "linacs[0].serial",
              "../4299", "letters, digits"},
        Fault{"SerialTooLong", "\"4299\"", std::string(33, '4'), 4, "linacs[0].serial",
              std::string(33, '4'), "1 to 32"},
        Fault{"LinacThatIsNoMap", "  - serial: \"9183\"\n    address: 192.168.17.42:1707\n",
              "  - 9183\n", 6, "linacs[1]", "9183", "a map"},
        Fault{"TimezoneThatDoesNotExist", "Australia/Sydney", "Australia/Sidney", 2, "timezone",
              "Australia/Sidney", "time zone"},
        Fault{"SizeWithoutSense", "20 GiB", "20 gigs", 18, "spool.max_bytes", "20 gigs", "size"},
        Fault{"SizeTooSmall", "20 GiB", "1 MiB", 18, "spool.max_bytes", "1 MiB", "at least 16 MiB"},
        Fault{"FileNamedUnlikeItsSite", "site: nbcc", "site: rccc", 1, "site", "rccc",
              "the file's own name, nbcc"},
        Fault{"BracketThatIsNotClosed", "site: nbcc", "site: [nbcc", 1, "", "site: [nbcc",
              "a closing ] for the [ on this line"}),
    [](const auto& test) { return test.param.name; });

TEST_F(SiteSettingsTest, AllProblemsAreReportedAtOnce) {
  std::string text = with(kSite, "port: 38471", "port: many");
  text = with(text, "192.168.17.40\n", "1.2.3\n");
  text = with(text, "Australia/Sydney", "Nowhere");
  EXPECT_EQ(error(text).problems().size(), 3U);
}

TEST_F(SiteSettingsTest, ErrorTextBeginsWithFileLineAndKey) {
  const std::string text = error(with(kSite, "port: 38471", "port: 0")).what();
  EXPECT_EQ(text, (folder_ / "nbcc.yaml").string() +
                      ":10: tunnel.port: read \"0\", expected a port from 1 to 65535");
}

TEST_F(SiteSettingsTest, LongAndUnprintableValuesAreShortenedInErrors) {
  const std::string text =
      error(with(kSite, "Australia/Sydney", "\"\\a" + std::string(500, 'x') + "\"")).what();
  EXPECT_LT(text.size(), 300U);
  EXPECT_THAT(text, HasSubstr("\"?xxx"));
}

TEST_F(SiteSettingsTest, WhateverIsQuotedFromTheFileIsShownAsShortPrintableText) {
  const std::string quoted = "\"tu\\x1B[31m\\nnel\": 1\n" + std::string(500, 'k') + ": 1\n";
  const std::string unknown_anchor = "site: *n\x01" + std::string(500, 'a') + "\n";
  for (const std::string& text : {quoted, unknown_anchor}) {
    const ConfigError refused = error(text);
    for (const Problem& problem : refused.problems()) {
      EXPECT_LT(problem.text().size(), 500U);
      EXPECT_THAT(problem.text(), Each(AllOf(Ge(' '), Le('~'))));
    }
  }
}

TEST_F(SiteSettingsTest, APathWithAControlCharacterIsRefused) {
  for (const char* const text : {"\"\\0\"", "\"/etc\\x1B[31m/known_hosts\"", "\"known\\nhosts\""}) {
    const ConfigError refused =
        error(with(kSite, "known_hosts: known_hosts", std::string("known_hosts: ") + text));
    EXPECT_EQ(refused.first().key, "tunnel.known_hosts") << text;
  }
}

TEST_F(SiteSettingsTest, ASiteThatHasJustBeenAddedHasNoLinacYet) {
  const SiteSettings site = load(
      with(kSite,
           "linacs:\n  - serial: \"4299\"\n    address: 192.168.17.40\n  - serial: \"9183\"\n    "
           "address: 192.168.17.42:1707\n",
           "linacs: []\n"));
  EXPECT_TRUE(site.linacs.empty());
}

TEST_F(SiteSettingsTest, AFileInWhichTheYamlLibraryFindsDocumentsWithoutEndIsReported) {
  for (const char* const text : {",2n:&te s", ", a: b", "site: nbcc\n, a"}) {
    EXPECT_FALSE(error(text).problems().empty()) << text;
  }
}

TEST_F(SiteSettingsTest, ASecondDocumentIsReported) {
  EXPECT_THAT(error(kSite + "---\n" + kSite).first().expected, HasSubstr("one YAML map"));
}

TEST_F(SiteSettingsTest, EveryTruncationIsAnErrorOrALoad) {
  for (std::size_t size = 0; size < kSite.size(); ++size) {
    try {
      EXPECT_EQ(load(kSite.substr(0, size)).site, "nbcc");
    } catch (const ConfigError& refused) {
      EXPECT_FALSE(refused.problems().empty());
    }
  }
}

TEST_F(SiteSettingsTest, AbsentFileAndFolderAreReported) {
  EXPECT_EQ(error_of([&] { load_site(folder_ / "none.yaml"); }).first().file,
            (folder_ / "none.yaml").string());
  EXPECT_THROW(load_site(folder_), ConfigError);
}

TEST_F(SiteSettingsTest, FileThatIsNoMapIsReported) {
  for (const char* text : {"", "nbcc", "- site", "site: nbcc\n---\nsite: nbcc\n"}) {
    EXPECT_THAT(error(text).what(), HasSubstr("one YAML map")) << text;
  }
}

}  // namespace
}  // namespace icom::config
