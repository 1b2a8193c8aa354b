#include "common/fanout/guest_list.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "tests/unit/fanout/test_directory.hpp"

namespace icom::fanout {
namespace {

using boost::asio::ip::make_address;
using testing::HasSubstr;

class GuestListTest : public testing::Test {
 protected:
  [[nodiscard]] std::string refusal(const std::string& address, bool here,
                                    std::optional<os::UserId> user) const {
    return guests().refusal({make_address(address), here, user});
  }
  [[nodiscard]] GuestList guests() const { return {settings_, accounts_}; }
  static constexpr os::UserId kStranger = 54321;
  config::FanOutSettings settings_;
  TestDirectory directory_;
  std::shared_ptr<Accounts> accounts_ = std::make_shared<Accounts>(directory_.functions());
};

TEST_F(GuestListTest, ByDefaultOnlyRootAndOurOwnAccountMay) {
  EXPECT_EQ(refusal("127.0.0.1", true, 0), "");
  EXPECT_EQ(refusal("::1", true, os::own_user()), "");
  EXPECT_THAT(refusal("127.0.0.1", true, kStranger), HasSubstr("54321"));
  EXPECT_THAT(refusal("127.0.0.1", true, kStranger), HasSubstr("fan_out.users"));
  EXPECT_NE(refusal("127.0.0.1", true, std::nullopt), "");
  EXPECT_NE(refusal("127.0.0.1", false, std::nullopt), "");
  EXPECT_THAT(refusal("192.168.17.30", false, std::nullopt), HasSubstr("fan_out.allow"));
}

TEST_F(GuestListTest, ListedAccountsMayByNameAndByNumber) {
  settings_.users = {"54321", "physics"};
  directory_.add("physics", 1002);
  accounts_->use(GuestList::names_in(settings_.users));
  EXPECT_EQ(refusal("127.0.0.1", true, kStranger), "");
  EXPECT_TRUE(within_ten_seconds([this] { return refusal("127.0.0.1", true, 1002).empty(); }));
  EXPECT_NE(refusal("127.0.0.1", true, kStranger + 1), "");
  settings_.users = {"*"};
  EXPECT_EQ(refusal("127.0.0.1", true, kStranger + 1), "");
  EXPECT_EQ(refusal("127.0.0.1", true, std::nullopt), "");
}

TEST_F(GuestListTest, ItIsUndecidedWhoAnUnlistedAccountIsUntilTheDirectoryHasAnswered) {
  settings_.users = {"physics"};
  const Visitor comes{make_address("127.0.0.1"), true, 1002};
  directory_.hold();
  EXPECT_TRUE(guests().is_undecided(comes));
  EXPECT_FALSE(guests().is_undecided({make_address("127.0.0.1"), true, os::own_user()}));
  EXPECT_FALSE(guests().is_undecided({make_address("192.168.17.30"), false, std::nullopt}));
  directory_.release();
  EXPECT_TRUE(within_ten_seconds([&] { return !guests().is_undecided(comes); }));
  EXPECT_THAT(guests().refusal(comes), HasSubstr("account 1002 of this machine"));
}

TEST_F(GuestListTest, AnAccountOfThisMachineIsOneWhateverAddressItComesFrom) {
  settings_.allow = {config::parse_network("192.168.17.0/24").value()};
  EXPECT_EQ(refusal("192.168.17.30", false, std::nullopt), "");
  EXPECT_THAT(refusal("192.168.17.30", true, kStranger), HasSubstr("fan_out.users"));
}

}  // namespace
}  // namespace icom::fanout
