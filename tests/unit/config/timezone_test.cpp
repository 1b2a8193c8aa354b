#include "common/config/timezone.hpp"

#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

class TimezoneTest : public SettingsFolder {};

TEST_F(TimezoneTest, ZoneOfTheDatabaseExists) {
  write("Australia/Sydney", "TZif2...");
  EXPECT_TRUE(timezone_exists("Australia/Sydney", folder_));
}

TEST_F(TimezoneTest, OtherFilesAndFoldersOfTheDatabaseAreNoZones) {
  write("Australia/Sydney", "TZif2...");
  write("zone.tab", "# a table");
  EXPECT_FALSE(timezone_exists("Australia", folder_));
  EXPECT_FALSE(timezone_exists("zone.tab", folder_));
  EXPECT_FALSE(timezone_exists("Australia/Melbourne", folder_));
}

TEST_F(TimezoneTest, NameNeverLeadsOutOfTheDatabase) {
  write("outside", "TZif2...");
  write("zones/UTC", "TZif2...");
  EXPECT_FALSE(timezone_exists("../outside", folder_ / "zones"));
  EXPECT_FALSE(timezone_exists((folder_ / "outside").string(), folder_ / "zones"));
}

TEST_F(TimezoneTest, WithoutADatabaseAnyWellFormedNameIsTaken) {
  EXPECT_TRUE(timezone_exists("Australia/Sydney", folder_ / "none"));
  EXPECT_FALSE(timezone_exists("", folder_ / "none"));
  EXPECT_FALSE(timezone_exists("../x", folder_ / "none"));
}

}  // namespace
}  // namespace icom::config
