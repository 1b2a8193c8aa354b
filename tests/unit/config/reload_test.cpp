#include "common/config/reload.hpp"

#include <gmock/gmock.h>

#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using ReloadTest = SettingsFolder;

const std::string kReloadedGateway = R"(sites: sites
tokens: tokens
ingest: 127.0.0.1:7600
store: store
archive:
  directory: archive
)";

TEST_F(ReloadTest, OfASiteEverythingMayChangeButItsNameAndItsSpool) {
  const SiteSettings running = load_site(write("nbcc.yaml", kSite));
  std::string text = with(kSite, "4299", "2619");
  text = with(text, "port: 38471", "port: 22");
  text = with(text, "20 GiB", "1 GiB");
  text = with(text, "/var/lib/icom/spool", "/elsewhere");
  const auto reloaded = reload_site(write("nbcc.yaml", text), running);
  EXPECT_EQ(reloaded.settings.linacs[0].serial, "2619");
  EXPECT_EQ(reloaded.settings.tunnel.port, 22);
  EXPECT_EQ(reloaded.settings.spool.max_bytes, 1ULL << 30U);
  EXPECT_EQ(reloaded.settings.spool.directory, "/var/lib/icom/spool");
  EXPECT_THAT(reloaded.needs_restart, ElementsAre(AllOf(HasSubstr("spool.directory cannot change"),
                                                        HasSubstr("move the folder"))));
}

TEST_F(ReloadTest, ASiteThatIsRenamedIsSaidToBeAnotherOneToTheGateway) {
  const SiteSettings running = load_site(write("site.yaml", kSite));
  const auto reloaded =
      reload_site(write("site.yaml", with(kSite, "site: nbcc", "site: other")), running);
  EXPECT_EQ(reloaded.settings.site, "nbcc");
  EXPECT_THAT(reloaded.needs_restart,
              ElementsAre(AllOf(HasSubstr("site cannot change"), HasSubstr("put back nbcc"),
                                HasSubstr("icom-agent enrol"))));
}

TEST_F(ReloadTest, ASiteThatIsTheSameNeedsNothing) {
  const auto file = write("nbcc.yaml", kSite);
  const SiteSettings running = load_site(file);
  const auto reloaded = reload_site(file, running);
  EXPECT_EQ(reloaded.settings, running);
  EXPECT_THAT(reloaded.needs_restart, IsEmpty());
}

TEST_F(ReloadTest, ASiteWithAnErrorIsNoSite) {
  const auto file = write("nbcc.yaml", kSite);
  const SiteSettings running = load_site(file);
  write("nbcc.yaml", with(kSite, "Sydney", "Sidney"));
  EXPECT_THROW(reload_site(file, running), ConfigError);
}

TEST_F(ReloadTest, OfAGatewaySitesMayComeAndGoAndItsFoldersAndPortsStay) {
  write("sites/nbcc.yaml", kSite);
  const auto file = write("gateway.yaml", kReloadedGateway);
  const GatewaySettings running = load_gateway(file);
  std::string rccc = with(kSite, "site: nbcc", "site: rccc");
  rccc = with(with(rccc, "4299", "2619"), "9183", "2694");
  write("sites/rccc.yaml", rccc);
  std::string text = with(with(kReloadedGateway, "7600", "7601"), "store: store", "store: other");
  text = with(text, "tokens: tokens", "tokens: other");
  text = with(text, "directory: archive", "directory: other");
  write("gateway.yaml", text + "http: 127.0.0.1:8080\nregistration: elsewhere\n");
  const auto reloaded = reload_gateway(file, running);
  EXPECT_EQ(reloaded.settings.sites.size(), 2U);
  EXPECT_EQ(reloaded.settings.ingest, running.ingest);
  EXPECT_EQ(reloaded.settings.store, running.store);
  EXPECT_EQ(reloaded.settings.archive, running.archive);
  EXPECT_EQ(reloaded.settings.http, running.http);
  EXPECT_EQ(reloaded.settings.registration, running.registration);
  EXPECT_THAT(reloaded.needs_restart,
              ElementsAre(HasSubstr("tokens"), HasSubstr("ingest"), HasSubstr("store"),
                          HasSubstr("archive"), HasSubstr("http"), HasSubstr("registration")));
}

TEST_F(ReloadTest, OfAGatewayABrokenSiteStaysAsItWasAndTheOthersChange) {
  write("sites/nbcc.yaml", kSite);
  std::string rccc = with(kSite, "site: nbcc", "site: rccc");
  rccc = with(with(rccc, "4299", "2619"), "9183", "2694");
  const auto file = write("gateway.yaml", kReloadedGateway);
  const GatewaySettings running = load_usable_gateway(file);
  write("sites/nbcc.yaml", with(kSite, "Sydney", "Sidney"));
  write("sites/rccc.yaml", rccc);
  const auto reloaded = reload_gateway(file, running);
  ASSERT_EQ(reloaded.settings.sites.size(), 2U);
  EXPECT_EQ(reloaded.settings.sites[0], running.sites[0]);
  ASSERT_EQ(reloaded.settings.broken_sites.size(), 1U);
  EXPECT_EQ(reloaded.settings.broken_sites[0].site, "nbcc");
}

TEST_F(ReloadTest, AnotherFolderOfSitesIsNotTakenNorAreItsSites) {
  write("sites/nbcc.yaml", kSite);
  write("others/rccc.yaml", with(kSite, "site: nbcc", "site: rccc"));
  const auto file = write("gateway.yaml", kReloadedGateway);
  const GatewaySettings running = load_gateway(file);
  write("gateway.yaml", with(kReloadedGateway, "sites: sites", "sites: others"));
  const auto reloaded = reload_gateway(file, running);
  EXPECT_EQ(reloaded.settings, running);
  EXPECT_THAT(reloaded.needs_restart, ElementsAre(HasSubstr("sites cannot change")));
}

}  // namespace
}  // namespace icom::config
