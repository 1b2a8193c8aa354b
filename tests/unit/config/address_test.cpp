#include "common/config/address.hpp"

#include <gtest/gtest.h>

namespace icom::config {
namespace {

TEST(Address, HostAndPortAreRead) {
  const auto address = parse_address("192.168.17.40:1707", 1706);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->host, "192.168.17.40");
  EXPECT_EQ(address->port, 1707);
}

TEST(Address, DefaultPortIsTakenWhereNoneIsGiven) {
  EXPECT_EQ(parse_address("linac-4", 1706)->text(), "linac-4:1706");
  EXPECT_EQ(parse_address("::1", 1706)->text(), "[::1]:1706");
  EXPECT_EQ(parse_address("[::1]", 1706)->text(), "[::1]:1706");
}

TEST(Address, SpellingsOfOnePlaceAreOnePlace) {
  const auto same = [](const char* one, const char* other) {
    return is_same_place(*parse_address(one, 1706), *parse_address(other, 1706));
  };
  EXPECT_TRUE(same("192.168.17.40", "[::ffff:192.168.17.40]:1706"));
  EXPECT_TRUE(same("2001:db8::1", "2001:DB8:0:0::1"));
  EXPECT_TRUE(same("linac-4.example", "LINAC-4.Example."));
  EXPECT_FALSE(same("192.168.17.40", "192.168.17.40:1707"));
  EXPECT_FALSE(same("192.168.17.40", "192.168.17.41"));
  EXPECT_FALSE(same("linac-4.example", "linac-5.example"));
}

TEST(Address, ThoseThatNoTwoProgramsCanListenAtAreTold) {
  const auto excluded = [](const char* one, const char* other) {
    const auto a = parse_address(one, 0).value();
    const auto b = parse_address(other, 0).value();
    EXPECT_EQ(exclude_each_other(a, b), exclude_each_other(b, a)) << one << ' ' << other;
    return exclude_each_other(a, b);
  };
  EXPECT_TRUE(excluded("127.0.0.1:22", "127.0.0.1:22"));
  EXPECT_TRUE(excluded("127.0.0.1:22", "0.0.0.0:22"));
  EXPECT_TRUE(excluded("127.0.0.1:22", "LocalHost:22"));
  EXPECT_TRUE(excluded("[::1]:22", "localhost:22"));
  EXPECT_TRUE(excluded("[::]:22", "[fd00::17]:22"));
  EXPECT_TRUE(excluded("hosting.example:22", "Hosting.example.:22"));
  EXPECT_FALSE(excluded("127.0.0.1:22", "127.0.0.1:23"));
  EXPECT_FALSE(excluded("127.0.0.1:22", "127.0.0.2:22"));
  EXPECT_FALSE(excluded("127.0.0.1:22", "[::]:22")) << "of another kind: sshd keeps them apart";
  EXPECT_FALSE(excluded("127.0.0.1:22", "hosting.example:22")) << "nobody knows what that is";
}

TEST(Address, LoopbackIsKnownInItsSpellings) {
  for (const char* text : {"127.0.0.1", "127.8.0.1", "::1", "localhost", "Localhost."}) {
    EXPECT_TRUE(is_loopback({text, 1})) << text;
  }
  for (const char* text : {"0.0.0.0", "::", "10.0.0.1", "hosting.example"}) {
    EXPECT_FALSE(is_loopback({text, 1})) << text;
  }
}

TEST(Address, PortIsRequiredWhereThereIsNoDefault) {
  EXPECT_FALSE(parse_address("127.0.0.1", 0).has_value());
  EXPECT_FALSE(parse_address("::1", 0).has_value());
  EXPECT_TRUE(parse_address("127.0.0.1:1", 0).has_value());
}

TEST(Address, TextIsReadBackAsTheSameAddress) {
  for (const char* text : {"127.0.0.1:7600", "[fe80::1]:22", "physics.rccc.example:65535"}) {
    EXPECT_EQ(parse_address(text, 0)->text(), text);
  }
}

TEST(Address, AnythingElseIsRefused) {
  for (const char* text :
       {"",           ":",       ":80",       "host:",      "host:0", "host:65536", "host:-1",
        "host:+1",    "host: 1", "host:1x",   "ho st",      "1.2.3",  "1.2.3.256",  "1.2.3.4.5",
        "host..name", ".host",   "-host",     "[::1",       "[]:1",   "[::1]80",    "[host]:1",
        "1:2:3",      "::1::",   "user@host", "http://host"}) {
    EXPECT_FALSE(parse_address(text, 1706).has_value()) << text;
  }
}

TEST(Address, OfAMistakeThatIsKnownItIsSaidWhatWasMeant) {
  EXPECT_EQ(no_linac_address_text("1706:192.168.17.40"),
            "read \"1706:192.168.17.40\", expected the address before the port: did you mean "
            "192.168.17.40:1706?");
  for (const char* text : {"192.168.17.400", "192.168.1740", "192.168.17.400:1706"}) {
    EXPECT_EQ(
        address_meant_by(text),
        "an ADDRESS of four numbers from 0 to 255 with dots between them, such as 192.168.17.40");
  }
  for (const char* text : {"", "192,168,17,40", "::1::", "host:port"}) {
    EXPECT_FALSE(address_meant_by(text)) << text;
  }
  EXPECT_EQ(no_linac_address_text("192,168,17,40"),
            "read \"192,168,17,40\", expected ADDRESS or ADDRESS:PORT of the Linac, such as "
            "192.168.17.40");
}

}  // namespace
}  // namespace icom::config
