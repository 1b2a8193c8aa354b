#include <gmock/gmock.h>
#include <sys/stat.h>

#include <chrono>
#include <set>

#include "common/config/site_settings.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using testing::HasSubstr;

const std::string kOther = with(
    with(with(kSite, "site: nbcc", "site: rccc"), "\"4299\"", "\"2619\""), "\"9183\"", "\"2694\"");

class SiteFolderTest : public SettingsFolder {};

TEST_F(SiteFolderTest, AllSitesAreLoadedByName) {
  write("sites/rccc.yaml", kOther);
  write("sites/nbcc.yaml", kSite);
  write("sites/README.txt", "not a site");
  const std::vector<SiteSettings> sites = load_sites(folder_ / "sites");
  ASSERT_EQ(sites.size(), 2U);
  EXPECT_EQ(sites[0].site, "nbcc");
  EXPECT_EQ(sites[1].site, "rccc");
}

TEST(ExampleSites, CarryTheForwardsOfARealSiteOnPortsThatNoOtherSiteHas) {
  std::set<std::uint16_t> taken;
  for (const SiteSettings& site : load_sites(ICOM_EXAMPLE_SITES)) {
    std::multiset<std::uint16_t> to_hosting;
    std::multiset<std::uint16_t> to_site;
    for (const ForwardSettings& forward : site.forwards) {
      const bool local = forward.direction == ForwardDirection::local;
      (local ? to_hosting : to_site).insert(forward.target.port);
      EXPECT_TRUE(local || taken.insert(forward.listen.port).second)
          << site.site << ": " << forward.name;
    }
    EXPECT_EQ(to_hosting, (std::multiset<std::uint16_t>{80, 4242, 30104, 34242})) << site.site;
    EXPECT_EQ(to_site.count(1433), 1U) << site.site;
    EXPECT_EQ(to_site.count(104), site.linacs.size()) << site.site;
    EXPECT_EQ(to_site.count(445), site.linacs.size() + 1) << site.site;
  }
}

TEST_F(SiteFolderTest, SerialOfTwoSitesIsReportedWithBothPlaces) {
  write("sites/nbcc.yaml", kSite);
  write("sites/rccc.yaml", with(kOther, "\"2694\"", "4299"));
  const ConfigError error = error_of([&] { load_sites(folder_ / "sites"); });
  ASSERT_EQ(error.problems().size(), 1U) << error.what();
  EXPECT_EQ(error.first().file, (folder_ / "sites/rccc.yaml").string());
  EXPECT_EQ(error.first().line, 6);
  EXPECT_EQ(error.first().key, "linacs[1].serial");
  EXPECT_THAT(error.first().expected, HasSubstr("nbcc.yaml:4"));
}

TEST_F(SiteFolderTest, SiteInTwoFilesIsReportedWithBothPlaces) {
  write("sites/nbcc.yaml", kSite);
  write("sites/rccc.yaml", with(kOther, "site: rccc", "site: nbcc"));
  const std::string text = error_of([&] { load_sites(folder_ / "sites"); }).what();
  EXPECT_THAT(text, HasSubstr("rccc.yaml:1: site: read \"nbcc\""));
  EXPECT_THAT(text, HasSubstr("nbcc.yaml:1 has it too"));
}

TEST_F(SiteFolderTest, ProblemsOfAllFilesAreReported) {
  write("sites/nbcc.yaml", with(kSite, "38471", "x"));
  write("sites/rccc.yaml", with(kOther, "38471", "y"));
  const ConfigError error = error_of([&] { load_sites(folder_ / "sites"); });
  ASSERT_EQ(error.problems().size(), 2U);
  EXPECT_EQ(error.problems()[1].read, "y");
}

TEST_F(SiteFolderTest, AFolderMayHaveNoSiteYet) {
  EXPECT_TRUE(load_sites(folder_).empty());
}

TEST_F(SiteFolderTest, AFolderThatIsNotThereIsReported) {
  EXPECT_THAT(error_of([&] { load_sites(folder_ / "none"); }).what(),
              HasSubstr("a folder that can be read"));
}

TEST_F(SiteFolderTest, ABrokenFileStopsNoOtherSite) {
  write("sites/nbcc.yaml", with(kSite, "38471", "x"));
  write("sites/rccc.yaml", kOther);
  const UsableSites found = usable_sites(folder_ / "sites", {});
  ASSERT_EQ(found.sites.size(), 1U);
  EXPECT_EQ(found.sites[0].site, "rccc");
  ASSERT_EQ(found.broken.size(), 1U);
  EXPECT_EQ(found.broken[0].site, "nbcc");
  EXPECT_EQ(found.broken[0].state, BrokenSite::State::refused);
  EXPECT_THAT(found.broken[0].problems.at(0).text(), HasSubstr("nbcc.yaml:"));
}

TEST_F(SiteFolderTest, ASiteThatRunsGoesOnAsItWasWhenItsFileBreaks) {
  write("sites/nbcc.yaml", kSite);
  const std::vector<SiteSettings> running = load_sites(folder_ / "sites");
  write("sites/nbcc.yaml", with(kSite, "38471", "x"));
  const UsableSites found = usable_sites(folder_ / "sites", running);
  EXPECT_EQ(found.sites, running);
  ASSERT_EQ(found.broken.size(), 1U);
  EXPECT_EQ(found.broken[0].state, BrokenSite::State::kept);
}

TEST_F(SiteFolderTest, ASerialOfTwoSitesStaysWhereItRunsWhateverTheFilesSay) {
  write("sites/rccc.yaml", kOther);
  const std::vector<SiteSettings> running = load_sites(folder_ / "sites");
  write("sites/nbcc.yaml", with(kSite, "\"4299\"", "2619"));
  const auto now = std::filesystem::last_write_time(folder_ / "sites/nbcc.yaml");
  std::filesystem::last_write_time(folder_ / "sites/rccc.yaml", now + std::chrono::hours(1));
  const UsableSites found = usable_sites(folder_ / "sites", running);
  ASSERT_EQ(found.sites.size(), 2U);
  ASSERT_EQ(found.sites[0].linacs.size(), 1U);
  EXPECT_EQ(found.sites[0].linacs[0].serial, "9183");
  EXPECT_EQ(found.sites[1], running[0]);
  ASSERT_EQ(found.broken.size(), 1U);
  EXPECT_EQ(found.broken[0].site, "nbcc");
  EXPECT_EQ(found.broken[0].state, BrokenSite::State::in_part);
  EXPECT_EQ(found.broken[0].problems.at(0).line, 4);
  EXPECT_THAT(found.broken[0].problems.at(0).expected, HasSubstr("rccc.yaml has it too"));
}

TEST_F(SiteFolderTest, ASerialOfTwoSitesStaysWithTheFileThatWasChangedFirstWhereNoneRuns) {
  write("sites/nbcc.yaml", with(kSite, "\"4299\"", "2619"));
  write("sites/rccc.yaml", kOther);
  const auto now = std::filesystem::last_write_time(folder_ / "sites/rccc.yaml");
  std::filesystem::last_write_time(folder_ / "sites/nbcc.yaml", now + std::chrono::hours(1));
  const UsableSites found = usable_sites(folder_ / "sites", {});
  ASSERT_EQ(found.broken.size(), 1U);
  EXPECT_EQ(found.broken[0].site, "nbcc");
  EXPECT_EQ(found.sites.at(1).linacs.size(), 2U);
}

TEST_F(SiteFolderTest, APipeInTheFolderIsReportedAndNotWaitedFor) {
  write("sites/rccc.yaml", kOther);
  ASSERT_EQ(mkfifo((folder_ / "sites/nbcc.yaml").c_str(), 0600), 0);
  const UsableSites found = usable_sites(folder_ / "sites", {});
  EXPECT_EQ(found.sites.size(), 1U);
  ASSERT_EQ(found.broken.size(), 1U);
  EXPECT_EQ(found.broken[0].problems.at(0).expected, "a regular file");
}

/// An editor's lock (a link that leads nowhere), and what a file server lays beside a file.
TEST_F(SiteFolderTest, FilesThatBeginWithADotAreNoSites) {
  write("sites/nbcc.yaml", kSite);
  write("sites/._nbcc.yaml", "\x05\x16\x07");
  std::filesystem::create_symlink("somebody@host.1234", folder_ / "sites/.#nbcc.yaml");
  EXPECT_EQ(load_sites(folder_ / "sites").size(), 1U);
}

}  // namespace
}  // namespace icom::config
