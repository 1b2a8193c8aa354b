#include "common/config/forward_settings.hpp"

#include <gmock/gmock.h>

#include <ostream>

#include "common/config/site_settings.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using testing::HasSubstr;

const std::string kForwards = R"(forwards:
  - name: mosaiq
    direction: remote
    listen: 14330
    target: 192.168.17.5:1433
  - name: web
    direction: local
    listen: 0.0.0.0:8080
    target: intranet.rccc.example:80
    max_connections: 200
    max_rate: 5 MB
)";

class ForwardSettingsTest : public SettingsFolder {
 protected:
  SiteSettings load(const std::string& forwards) const {
    return load_site(write("nbcc.yaml", with(kSite, "forwards: []\n", forwards)));
  }
  ConfigError error(const std::string& what, const std::string& by) const {
    return error_of([&] { load(with(kForwards, what, by)); });
  }
};

TEST_F(ForwardSettingsTest, EveryKeyIsRead) {
  const auto forwards = load(kForwards).forwards;
  ASSERT_EQ(forwards.size(), 2U);
  EXPECT_EQ(forwards[0].name, "mosaiq");
  EXPECT_EQ(forwards[0].direction, ForwardDirection::remote);
  EXPECT_EQ(forwards[0].target.text(), "192.168.17.5:1433");
  EXPECT_EQ(forwards[1].direction, ForwardDirection::local);
  EXPECT_EQ(forwards[1].listen.text(), "0.0.0.0:8080");
  EXPECT_EQ(forwards[1].target.text(), "intranet.rccc.example:80");
  EXPECT_EQ(forwards[1].max_connections, 200U);
  EXPECT_EQ(forwards[1].max_rate, 5'000'000U);
}

TEST_F(ForwardSettingsTest, APortAloneIsListenedOnAtLoopback) {
  EXPECT_EQ(load(kForwards).forwards[0].listen.text(), "127.0.0.1:14330");
}

TEST_F(ForwardSettingsTest, LimitsMayBeLeftOut) {
  const auto forwards = load(kForwards).forwards;
  EXPECT_EQ(forwards[0].max_connections, 64U);
  EXPECT_EQ(forwards[0].max_rate, std::nullopt);
}

TEST_F(ForwardSettingsTest, ASiteMayHaveNone) {
  EXPECT_TRUE(load("").forwards.empty());
  EXPECT_TRUE(load("forwards: []\n").forwards.empty());
}

TEST_F(ForwardSettingsTest, TheSamePortMayBeUsedOnceAtEachEnd) {
  EXPECT_EQ(load(with(kForwards, "0.0.0.0:8080", "14330")).forwards.size(), 2U);
}

struct BadForward {
  std::string name;
  std::string what;
  std::string by;
  int line;
  std::string key;
  std::string expected;  ///< a part of it
};
void PrintTo(const BadForward& fault, std::ostream* to) {
  *to << fault.name;
}

class ForwardFault : public ForwardSettingsTest, public testing::WithParamInterface<BadForward> {};

TEST_P(ForwardFault, IsReportedWithItsLineItsKeyAndWhatWasExpected) {
  const BadForward& fault = GetParam();
  const ConfigError refused = error(fault.what, fault.by);
  ASSERT_EQ(refused.problems().size(), 1U) << refused.what();
  EXPECT_EQ(refused.first().line, fault.line);
  EXPECT_EQ(refused.first().key, fault.key);
  EXPECT_THAT(refused.first().expected, HasSubstr(fault.expected));
}

INSTANTIATE_TEST_SUITE_P(
    Forward, ForwardFault,
    testing::Values(BadForward{"NameThatIsAPath", "name: web", "name: ../web", 24,
                               "forwards[1].name", "letters"},
                    BadForward{"NameTwice", "name: web", "name: mosaiq", 24, "forwards[1].name",
                               "the forward on line 20 has it too"},
                    BadForward{"DirectionOfSsh", "direction: local", "direction: -L", 25,
                               "forwards[1].direction", "local (listens at the site, as ssh -L)"},
                    BadForward{"ListenTwice", "direction: remote\n    listen: 14330",
                               "direction: local\n    listen: 0.0.0.0:8080", 26,
                               "forwards[1].listen", "the forward on line 20 listens there, too"},
                    BadForward{"ListenPortTooLarge", "listen: 14330", "listen: 70000", 22,
                               "forwards[0].listen", "PORT or ADDRESS:PORT"},
                    BadForward{"TargetWithoutPort", "192.168.17.5:1433", "192.168.17.5", 23,
                               "forwards[0].target", "ADDRESS:PORT"},
                    BadForward{"TargetTurnedRound", "192.168.17.5:1433", "1433:192.168.17.5", 23,
                               "forwards[0].target", "did you mean 192.168.17.5:1433?"},
                    BadForward{"NoConnections", "max_connections: 200", "max_connections: 0", 28,
                               "forwards[1].max_connections", "from 1 to 1000"},
                    BadForward{"TooManyConnections", "max_connections: 200",
                               "max_connections: 1001", 28, "forwards[1].max_connections",
                               "from 1 to 1000"},
                    BadForward{"RateWithoutUnit", "max_rate: 5 MB", "max_rate: 5", 29,
                               "forwards[1].max_rate", "bytes a second"},
                    BadForward{"MisspeltKey", "    target: 192",
                               "    targets: 192.168.17.6:1\n    target: 192", 23,
                               "forwards[0].targets", "did you mean target?"}),
    [](const auto& test) { return test.param.name; });

TEST_F(ForwardSettingsTest, MoreThanTheMostAreReported) {
  std::string many = "forwards:\n";
  for (std::size_t i = 0; i <= kMaxForwards; ++i) {
    const std::string number = std::to_string(i);
    many += "  - {name: f" + number + ", direction: local, listen: " + std::to_string(20000 + i) +
            ", target: \"a:1\"}\n";
  }
  EXPECT_EQ(error_of([&] { load(many); }).first().key, "forwards");
}

}  // namespace
}  // namespace icom::config
