#include "gateway/serve/tunnels_account.hpp"

#include <gmock/gmock.h>

namespace icom::serve {
namespace {

TEST(TunnelsAccount, IsTheNumberOfTunnelUserWhereThisMachineHasIt) {
  config::GatewaySettings settings;
  EXPECT_EQ(tunnels_account(settings), std::nullopt);
  settings.tunnel.emplace().user = "root";
  EXPECT_THAT(tunnels_account(settings), testing::Optional(0U));
  settings.tunnel->user = "no-such-account";
  EXPECT_EQ(tunnels_account(settings), std::nullopt);
}

}  // namespace
}  // namespace icom::serve
