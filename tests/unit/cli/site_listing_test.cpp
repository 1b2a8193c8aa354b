#include "gateway/cli/site_listing.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "common/os/file_system.hpp"
#include "gateway/registration/connection_book.hpp"
#include "gateway/store/store_files.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::cli {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kListedAt = 1'700'000'000 * kSecond;  // 2023-11-14T22:13:20Z

class SiteListing : public config::SettingsFolder {
 protected:
  SiteListing() { write("sites/nbcc.yaml", config::kSite); }

  [[nodiscard]] Sources sources() const {
    return {folder_ / "store", folder_ / "sites", folder_ / "registration"};
  }
  void note(const registration::SiteConnections& sites) const {
    registration::write_connections(sources().registration, sites);
  }
  /// As a gateway that runs.
  void hold_store() { lock_ = store::claim_folder(sources().store); }
  [[nodiscard]] std::string table() const {
    std::ostringstream out;
    list_sites(sources(), kListedAt, false, out);
    return out.str();
  }
  [[nodiscard]] Json first() const {
    std::ostringstream out;
    list_sites(sources(), kListedAt, true, out);
    return Json::parse(out.str().substr(0, out.str().find('\n')));
  }

  std::unique_ptr<os::File> lock_;
};

TEST_F(SiteListing, ASiteThatIsConnectedIsListedInItsOwnZone) {
  hold_store();
  note({{"nbcc", {true, kListedAt - 10 * kMinute, kListedAt - kMinute}}});
  const Json site = first();
  EXPECT_EQ(site["site"], "nbcc");
  EXPECT_EQ(site["linacs"], (Json{"4299", "9183"}));
  EXPECT_EQ(site["connected"], true);
  EXPECT_EQ(site["connected_since"], "2023-11-15T09:03:20");
  EXPECT_EQ(site["connected_since_utc"], "2023-11-14T22:03:20Z");
  EXPECT_EQ(site["connected_since_offset"], "+11:00");
  EXPECT_EQ(site["last_connected_utc"], "2023-11-14T22:12:20Z");
  EXPECT_THAT(table(), HasSubstr("2023-11-15T09:03:20+11:00  now"));
}

TEST_F(SiteListing, ASiteThatIsAwayIsListedWithWhenItWasHere) {
  hold_store();
  note({{"nbcc", {false, kListedAt - 30 * kMinute, kListedAt - 20 * kMinute}}});
  EXPECT_EQ(first()["connected"], false);
  EXPECT_TRUE(first()["connected_since"].is_null());
  EXPECT_TRUE(first()["connected_since_utc"].is_null());
  EXPECT_EQ(first()["last_connected"], "2023-11-15T08:53:20");
  EXPECT_THAT(table(), HasSubstr("no         -      2023-11-15T08:53:20+11:00"));
}

TEST_F(SiteListing, WithoutAGatewayNobodyIsConnected) {
  note({{"nbcc", {true, kListedAt - 10 * kMinute, kListedAt}}});
  EXPECT_EQ(first()["connected"], false);
  EXPECT_EQ(first()["last_connected_utc"], "2023-11-14T22:13:20Z");
}

TEST_F(SiteListing, OfAGatewayThatHasNotedNothingForMinutesItIsNotKnown) {
  hold_store();
  note({{"nbcc", {true, kListedAt - 10 * kMinute, kListedAt - 3 * kMinute}}});
  EXPECT_TRUE(first()["connected"].is_null());
  EXPECT_TRUE(first()["connected_since"].is_null());
  EXPECT_THAT(table(), HasSubstr("not known"));
}

TEST_F(SiteListing, ASiteThatWasNeverHereAndOneWithABrokenFileAreListed) {
  write("sites/broken.yaml", "site: [\n");
  write("sites/.hidden.yaml", config::kSite);
  hold_store();
  EXPECT_EQ(first()["site"], "broken");
  EXPECT_EQ(first()["connected"], false);
  EXPECT_TRUE(first()["last_connected"].is_null());
  EXPECT_THAT(table(), HasSubstr("nbcc"));
  EXPECT_THAT(table(), testing::Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace icom::cli
