#include "common/config/gateway_settings.hpp"

#include <gmock/gmock.h>

#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using testing::HasSubstr;

const std::string kGateway = R"(sites: sites
tokens: /etc/icom/tokens
ingest: 127.0.0.1:7600
store: store
archive:
  directory: /srv/physics/iCom
  live: false
http: 127.0.0.1:8080
)";

class GatewaySettingsTest : public SettingsFolder {
 protected:
  GatewaySettings load(const std::string& text) const {
    write("sites/nbcc.yaml", kSite);
    return load_gateway(write("gateway.yaml", text));
  }
  ConfigError error(const std::string& text) const {
    return error_of([&] { load(text); });
  }
};

TEST_F(GatewaySettingsTest, EveryKeyIsRead) {
  const GatewaySettings gateway = load(kGateway);
  EXPECT_EQ(gateway.sites_folder, folder_ / "sites");
  EXPECT_EQ(gateway.tokens_folder, "/etc/icom/tokens");
  EXPECT_EQ(gateway.ingest.text(), "127.0.0.1:7600");
  EXPECT_EQ(gateway.store, folder_ / "store");
  ASSERT_TRUE(gateway.archive.has_value());
  EXPECT_EQ(gateway.archive->directory, "/srv/physics/iCom");
  EXPECT_FALSE(gateway.archive->live);
  ASSERT_TRUE(gateway.http.has_value());
  EXPECT_EQ(gateway.http->text(), "127.0.0.1:8080");
  ASSERT_EQ(gateway.sites.size(), 1U);
  EXPECT_EQ(gateway.sites[0].site, "nbcc");
}

TEST_F(GatewaySettingsTest, ArchiveAndHttpMayBeLeftOut) {
  const GatewaySettings gateway = load("sites: sites\ntokens: t\ningest: '[::1]:7600'\nstore: s\n");
  EXPECT_FALSE(gateway.archive.has_value());
  EXPECT_FALSE(gateway.http.has_value());
  EXPECT_EQ(gateway.ingest.text(), "[::1]:7600");
}

TEST_F(GatewaySettingsTest, ReadersAreAGroupAndHaveAUsualOne) {
  EXPECT_EQ(load(kGateway).readers, "icom-readers");
  EXPECT_EQ(load(kGateway).readers_socket, std::nullopt);
  const GatewaySettings gateway =
      load(kGateway + "readers: physics\nreaders_socket: run/readers.sock\n");
  EXPECT_EQ(gateway.readers, "physics");
  EXPECT_EQ(gateway.readers_socket, folder_ / "run/readers.sock");
  EXPECT_THAT(error(kGateway + "readers: two words\n").what(),
              HasSubstr("readers: read \"two words\", expected the name of a group"));
}

TEST_F(GatewaySettingsTest, TheWayInAndTheFanOutAreRead) {
  const GatewaySettings gateway = load(kGateway + R"(registration: /var/lib/icom/registration
tunnel:
  host: physics.rccc.example
  port: 38471
  user: icom
  host_keys: [/etc/ssh/ssh_host_ed25519_key.pub, keys/other.pub]
fan_out:
  ports:
    - {serial: "4299", listen: 17060}
)");
  EXPECT_EQ(gateway.registration, "/var/lib/icom/registration");
  ASSERT_TRUE(gateway.tunnel.has_value());
  EXPECT_EQ(gateway.tunnel->host, "physics.rccc.example");
  EXPECT_EQ(gateway.tunnel->port, 38471);
  EXPECT_EQ(gateway.tunnel->user, "icom");
  ASSERT_EQ(gateway.tunnel->host_keys.size(), 2U);
  EXPECT_EQ(gateway.tunnel->host_keys[1], folder_ / "keys/other.pub");
  ASSERT_EQ(gateway.fan_out.ports.size(), 1U);
  EXPECT_EQ(gateway.fan_out.ports[0].listen.text(), "127.0.0.1:17060");
}

TEST_F(GatewaySettingsTest, RegistrationIsBesideTheStoreUnlessGiven) {
  const GatewaySettings gateway = load(kGateway);
  EXPECT_EQ(gateway.registration, gateway.store / "registration");
  EXPECT_FALSE(gateway.tunnel.has_value());
}

TEST_F(GatewaySettingsTest, TheShareOfJunkIsAPercentage) {
  EXPECT_EQ(load(kGateway).junk_share, 1U);
  EXPECT_EQ(load(kGateway + "junk_share: 0%\n").junk_share, 0U);
  EXPECT_EQ(load(kGateway + "junk_share: 50%\n").junk_share, 50U);
  for (const char* wrong : {"51%", "5", "-1%", "%", "5 %", "1.5%", "99999999999%"}) {
    EXPECT_EQ(error(kGateway + "junk_share: '" + wrong + "'\n").first().key, "junk_share");
  }
}

TEST_F(GatewaySettingsTest, ATunnelWithoutHostKeysIsReported) {
  const ConfigError refused = error(kGateway + "tunnel: {host: a, user: icom, host_keys: []}\n");
  EXPECT_EQ(refused.first().key, "tunnel.host_keys");
}

TEST_F(GatewaySettingsTest, LiveFilesAreWrittenUnlessSwitchedOff) {
  EXPECT_TRUE(load(with(kGateway, "  live: false\n", "")).archive->live);
  EXPECT_FALSE(load(kGateway).archive->per_site);
  EXPECT_TRUE(load(with(kGateway, "live: false", "per_site: true")).archive->per_site);
}

TEST_F(GatewaySettingsTest, NewFilesOfASiteInAnHourAreANumberFromOne) {
  EXPECT_EQ(load(kGateway).archive->new_files_per_hour, 3600U);
  const auto given = [](const std::string& count) {
    return with(kGateway, "live: false", "new_files_per_hour: " + count);
  };
  EXPECT_EQ(load(given("1000000")).archive->new_files_per_hour, 1'000'000U);
  for (const char* wrong : {"0", "1000001", "-1", "1.5", "many", "99999999999"}) {
    EXPECT_EQ(error(given(wrong)).first().key, "archive.new_files_per_hour") << wrong;
  }
}

TEST_F(GatewaySettingsTest, FlagOtherThanTrueOrFalseIsReported) {
  const ConfigError refused = error(with(kGateway, "live: false", "live: maybe"));
  EXPECT_EQ(refused.first().line, 7);
  EXPECT_EQ(refused.first().key, "archive.live");
  EXPECT_EQ(refused.first().read, "maybe");
}

TEST_F(GatewaySettingsTest, MissingAndUnknownKeysAreReported) {
  const std::string text = error(with(kGateway, "ingest:", "ingress:")).what();
  EXPECT_THAT(text, HasSubstr("gateway.yaml:1: ingest: expected this key"));
  EXPECT_THAT(text,
              HasSubstr("gateway.yaml:3: ingress: expected a known key: did you mean ingest?"));
}

TEST_F(GatewaySettingsTest, ProblemsOfTheSitesAreReportedWithItsOwn) {
  write("sites/rccc.yaml", "site: rccc\n");
  const ConfigError refused = error(with(kGateway, "8080", "0"));
  EXPECT_EQ(refused.problems().front().key, "http");
  EXPECT_THAT(refused.problems().back().file, HasSubstr("rccc.yaml"));
}

TEST_F(GatewaySettingsTest, EveryTruncationIsAnErrorOrALoad) {
  for (std::size_t size = 0; size < kGateway.size(); ++size) {
    try {
      load(kGateway.substr(0, size));
    } catch (const ConfigError& refused) {
      EXPECT_FALSE(refused.problems().empty());
    }
  }
}

TEST(ProblemTest, AFilesNameCannotMoveATerminalsCursor) {
  const Problem problem{"/etc/icom/sites/z\x1b[31m\n.yaml", 0, 0, "", "", "a site's file"};
  EXPECT_EQ(problem.text(), "/etc/icom/sites/z?[31m?.yaml: expected a site's file");
}

}  // namespace
}  // namespace icom::config
