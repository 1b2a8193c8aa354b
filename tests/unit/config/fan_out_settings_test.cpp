#include "common/config/fan_out_settings.hpp"

#include <gmock/gmock.h>

#include "common/config/site_settings.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using boost::asio::ip::make_address;
using testing::HasSubstr;

const std::string kFanOut = R"(fan_out:
  allow: [192.168.17.0/24, 10.1.2.3]
  ports:
    - serial: "4299"
      listen: 17060
    - serial: "9183"
      listen: 0.0.0.0:17061
)";

class FanOutSettingsTest : public SettingsFolder {
 protected:
  SiteSettings load(const std::string& fan_out) const {
    return load_site(write("nbcc.yaml", with(kSite, "forwards: []\n", fan_out)));
  }
  ConfigError error(const std::string& what, const std::string& by) const {
    return error_of([&] { load(with(kFanOut, what, by)); });
  }
};

TEST_F(FanOutSettingsTest, EveryKeyIsRead) {
  const FanOutSettings fan_out = load(kFanOut).fan_out;
  ASSERT_EQ(fan_out.allow.size(), 2U);
  EXPECT_EQ(fan_out.allow[0].text(), "192.168.17.0/24");
  EXPECT_EQ(fan_out.allow[1].text(), "10.1.2.3/32");
  ASSERT_EQ(fan_out.ports.size(), 2U);
  EXPECT_EQ(fan_out.ports[0].serial, "4299");
  EXPECT_EQ(fan_out.ports[0].listen.text(), "127.0.0.1:17060");
  EXPECT_EQ(fan_out.ports[1].listen.text(), "0.0.0.0:17061");
}

TEST_F(FanOutSettingsTest, IsOffUnlessGiven) {
  EXPECT_EQ(load("").fan_out, FanOutSettings{});
}

TEST_F(FanOutSettingsTest, AccountsAreNamesNumbersOrAllOfThem) {
  EXPECT_TRUE(load(kFanOut).fan_out.users.empty());
  const std::string users = "10.1.2.3]\n  users: [pymedphys, 1007, \"*\"]";
  EXPECT_EQ(load(with(kFanOut, "10.1.2.3]", users)).fan_out.users,
            (std::vector<std::string>{"pymedphys", "1007", "*"}));
  for (const char* const text : {"\"\"", "\"two words\"", "\"a:b\"", "[a]"}) {
    const ConfigError refused =
        error("10.1.2.3]", std::string("10.1.2.3]\n  users: [pymedphys, ") + text + "]");
    EXPECT_EQ(refused.first().key, "fan_out.users[1]") << text;
  }
}

TEST_F(FanOutSettingsTest, ALinacThatTheSiteDoesNotHaveIsReported) {
  const ConfigError refused = error("\"9183\"", "\"9138\"");
  EXPECT_EQ(refused.first().key, "fan_out.ports[1].serial");
  EXPECT_EQ(refused.first().read, "9138");
  EXPECT_EQ(refused.first().line, 24);
  EXPECT_THAT(refused.first().expected, HasSubstr("did you mean 9183?"));
}

TEST_F(FanOutSettingsTest, APortThatTwoLinacsHaveIsReported) {
  const ConfigError refused = error("0.0.0.0:17061", "17060");
  EXPECT_EQ(refused.first().key, "fan_out.ports[1].listen");
  EXPECT_EQ(refused.first().line, 25);
  EXPECT_THAT(refused.first().expected, HasSubstr("line 22 has it too"));
}

TEST_F(FanOutSettingsTest, ALinacWithTwoPortsIsReported) {
  EXPECT_EQ(error("\"9183\"", "\"4299\"").first().key, "fan_out.ports[1].serial");
}

TEST_F(FanOutSettingsTest, WhatIsNoNetworkIsReported) {
  for (const char* const text : {"192.168.17.300", "192.168.17.0/33", "192.168.17.1/24", "nbcc",
                                 "192.168.17.0/", "192.168.17.0/-1", "[a]"}) {
    const ConfigError refused = error("10.1.2.3", text);
    EXPECT_EQ(refused.first().key, "fan_out.allow[1]") << text;
    EXPECT_EQ(refused.first().line, 20) << text;
  }
}

TEST(Network, HoldsTheAddressesThatShareItsFirstBits) {
  const auto network = parse_network("192.168.16.0/23");
  ASSERT_TRUE(network.has_value());
  EXPECT_TRUE(network->contains(make_address("192.168.16.0")));
  EXPECT_TRUE(network->contains(make_address("192.168.17.255")));
  EXPECT_FALSE(network->contains(make_address("192.168.18.0")));
  EXPECT_FALSE(network->contains(make_address("192.168.15.255")));
  EXPECT_FALSE(network->contains(make_address("fd00::1")));
}

TEST(Network, HoldsAnIpv4AddressThatCameThroughAnIpv6Socket) {
  const auto network = parse_network("192.168.17.0/24");
  EXPECT_TRUE(network->contains(make_address("::ffff:192.168.17.9")));
  EXPECT_FALSE(network->contains(make_address("::ffff:192.168.18.9")));
}

TEST(Network, OfAllAddressesHoldsEachOfItsKind) {
  EXPECT_TRUE(parse_network("0.0.0.0/0")->contains(make_address("203.0.113.9")));
  EXPECT_TRUE(parse_network("::/0")->contains(make_address("fd00::1")));
}

TEST(Network, OfIpv6HoldsTheAddressesThatShareItsFirstBits) {
  const auto network = parse_network("fd00:1::/32");
  ASSERT_TRUE(network.has_value());
  EXPECT_TRUE(network->contains(make_address("fd00:1::7")));
  EXPECT_FALSE(network->contains(make_address("fd00:2::7")));
}

}  // namespace
}  // namespace icom::config
