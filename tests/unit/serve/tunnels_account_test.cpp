#include "gateway/serve/tunnels_account.hpp"

#include <gmock/gmock.h>

#include "tests/unit/ingest/captured_log.hpp"

namespace icom::serve {
namespace {

using testing::HasSubstr;

config::GatewaySettings with_user(const std::string& name) {
  config::GatewaySettings settings;
  settings.tunnel.emplace().user = name;
  return settings;
}

TEST(TunnelsAccountTest, IsTheNumberOfTunnelUserWhereThisMachineHasIt) {
  TunnelsAccount account;
  account.set({}, {});
  EXPECT_EQ(account.account(), std::nullopt);
  account.set(with_user("root"), {});
  EXPECT_THAT(account.account(), testing::Optional(0U));
  account.set(with_user("no-such-account"), {});
  EXPECT_EQ(account.account(), std::nullopt);
  account.set({}, {});
  EXPECT_EQ(account.account(), std::nullopt);
}

TEST(TunnelsAccountTest, OneThatIsNotKnownIsLoggedOnceAndLookedForAgainUntilItIs) {
  const ingest::CapturedLog log;
  int asked = 0;
  TunnelsAccount account([&asked](const std::string&) -> std::optional<os::UserId> {
    if (++asked < 3) return std::nullopt;
    return 990;
  });
  TunnelsAccount::Time now{};
  account.set(with_user("icom"), now);
  account.set(with_user("icom"), now);
  EXPECT_THAT(log.text(), HasSubstr("tunnel.user icom: this machine knows no such account"));
  EXPECT_FALSE(account.look_again(now + TunnelsAccount::kLookAgain / 2));
  EXPECT_EQ(asked, 1);
  now += TunnelsAccount::kLookAgain;
  EXPECT_FALSE(account.look_again(now));
  now += TunnelsAccount::kLookAgain;
  EXPECT_TRUE(account.look_again(now));
  EXPECT_THAT(account.account(), testing::Optional(990U));
  EXPECT_FALSE(account.look_again(now + TunnelsAccount::kLookAgain));
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(log.text().find("knows no such"), log.text().rfind("knows no such"));
}

}  // namespace
}  // namespace icom::serve
