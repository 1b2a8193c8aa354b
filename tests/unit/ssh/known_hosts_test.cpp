// What a known_hosts file pins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "common/ssh/error.hpp"
#include "common/ssh/known_hosts.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::ssh {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kEd25519 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaXZRhT5AfNV2UTGzKWPD4eIiLUuxGxFb4YsPvNWzMq";
constexpr const char* kRsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCqGKukO1De7zhZj6";

class KnownHostsTest : public ::testing::Test {
 protected:
  KnownHostsTest() { write(""); }
  void write(const std::string& text) const { std::ofstream(file_) << text; }

  os::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "known_hosts";
};

TEST_F(KnownHostsTest, NamesMatchByHostAndPort) {
  write("# the hosting site\n\nphysics.example,10.0.0.1 " + std::string(kEd25519) +
        " a comment\n[other.example]:2222 " + kEd25519 + "\n");
  const KnownHosts hosts(file_);
  EXPECT_THAT(hosts.pins_of("physics.example", 22).types, ElementsAre("ssh-ed25519"));
  EXPECT_THAT(hosts.pins_of("10.0.0.1", 22).types, ElementsAre("ssh-ed25519"));
  EXPECT_THAT(hosts.pins_of("PHYSICS.example", 22).types, ElementsAre("ssh-ed25519"));
  EXPECT_THAT(hosts.pins_of("physics.example", 38471).types, ElementsAre("ssh-ed25519"));
  EXPECT_EQ(hosts.pins_of("other.example", 2222).name, "[other.example]:2222");
  EXPECT_THAT(hosts.pins_of("other.example", 2222).types, ElementsAre("ssh-ed25519"));
  EXPECT_THAT(hosts.pins_of("other.example", 22).types, IsEmpty());
  EXPECT_THAT(hosts.pins_of("example", 22).types, IsEmpty());
}

TEST_F(KnownHostsTest, RsaAloneIsReportedAsUnusable) {
  write("physics.example " + std::string(kRsa) + "\n");
  const KnownHosts hosts(file_);
  EXPECT_TRUE(hosts.pins_of("physics.example", 22).unusable_only);
  EXPECT_FALSE(hosts.pins_of("unknown.example", 22).unusable_only);
}

TEST_F(KnownHostsTest, EmptyFilePinsNothing) {
  EXPECT_THAT(KnownHosts(file_).pins_of("physics.example", 22).types, IsEmpty());
}

std::string refusal(const std::filesystem::path& file) {
  try {
    const KnownHosts hosts(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), Category::settings);
    return error.what();
  }
  return "accepted";
}

TEST_F(KnownHostsTest, MissingFileIsRefusedWithWhatItMustHold) {
  EXPECT_THAT(refusal(directory_.path() / "none"), HasSubstr("ssh-keyscan"));
  EXPECT_THAT(refusal(directory_.path()), HasSubstr("ssh-keyscan"));
  const auto pipe = directory_.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(refusal(pipe), HasSubstr("ssh-keyscan")) << "and nobody waits for it";
  const auto large = directory_.path() / "large";
  std::ofstream(large).flush();
  std::filesystem::resize_file(large, std::uintmax_t{3} << 30U);
  EXPECT_THAT(refusal(large), HasSubstr("too large"));
}

TEST_F(KnownHostsTest, BadLineIsRefusedWithItsNumber) {
  write("physics.example " + std::string(kEd25519) + "\nonly-a-name\n");
  EXPECT_THAT(refusal(file_), HasSubstr("line 2 is not"));
}

TEST_F(KnownHostsTest, MarkersThatWouldNotBeHeededAreRefused) {
  write("@revoked physics.example " + std::string(kEd25519) + "\n");
  EXPECT_THAT(refusal(file_), HasSubstr("line 1: markers"));
}

}  // namespace
}  // namespace icom::ssh
