// What a known_hosts file pins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "common/ssh/base64.hpp"
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
constexpr const char* kEcdsa =
    "ecdsa-sha2-nistp256 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNu"
    "G5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=";
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

TEST_F(KnownHostsTest, NamesMatchWhateverTheirCapitals) {
  write("Physics.Example " + std::string(kEd25519) + "\n[Other.example]:2222 " + kEd25519 + "\n");
  const KnownHosts hosts(file_);
  for (const char* name : {"physics.example", "Physics.Example", "PHYSICS.EXAMPLE"}) {
    EXPECT_THAT(hosts.pins_of(name, 22).types, ElementsAre("ssh-ed25519")) << name;
  }
  EXPECT_THAT(hosts.pins_of("OTHER.example", 2222).types, ElementsAre("ssh-ed25519"));
}

TEST_F(KnownHostsTest, PatternsMatchAsSshReadsThem) {
  write("*.example,!bad.example,10.0.0.? " + std::string(kEd25519) + "\n[*.example]:2222 " +
        kEcdsa + "\n");
  const KnownHosts hosts(file_);
  for (const char* name : {"a.example", "a.b.example", ".example", "10.0.0.7", "A.EXAMPLE"}) {
    EXPECT_THAT(hosts.pins_of(name, 22).types, ElementsAre("ssh-ed25519")) << name;
  }
  for (const char* name : {"bad.example", "BAD.example", "example", "a.example.org", "10.0.0.77"}) {
    EXPECT_THAT(hosts.pins_of(name, 22).types, IsEmpty()) << name;
  }
  EXPECT_THAT(hosts.pins_of("bad.example", 2222).types, ElementsAre("ecdsa-sha2-nistp256"));
}

TEST_F(KnownHostsTest, AHostThatAPatternExcludesIsPinnedByItOnNoPort) {
  write("*,!gw.example " + std::string(kEd25519) + "\n");
  const KnownHosts hosts(file_);
  EXPECT_THAT(hosts.pins_of("gw.example", 22).types, IsEmpty());
  EXPECT_THAT(hosts.pins_of("GW.example", 22).types, IsEmpty());
  EXPECT_THAT(hosts.pins_of("other.example", 22).types, ElementsAre("ssh-ed25519"));
}

TEST_F(KnownHostsTest, TheUsualPortMayBeWrittenOut) {
  write("[physics.example]:22 " + std::string(kEd25519) + "\n");
  const KnownHosts hosts(file_);
  EXPECT_THAT(hosts.pins_of("physics.example", 22).types, ElementsAre("ssh-ed25519"));
  EXPECT_THAT(hosts.pins_of("Physics.Example", 22).types, ElementsAre("ssh-ed25519"));
}

TEST_F(KnownHostsTest, OfSeveralKeysForAHostEachIsTrustedAndNoOther) {
  write("*.example " + std::string(kEd25519) + "\na.example " + kEcdsa + "\n");
  const KnownHosts hosts(file_);
  const auto pins = hosts.pins_of("a.example", 22);
  EXPECT_THAT(pins.types, ElementsAre("ssh-ed25519", "ecdsa-sha2-nistp256"));
  const auto key = base64_decode(std::string(kEd25519).substr(12)).value();
  const std::span<const char> bytes(reinterpret_cast<const char*>(key.data()), key.size());
  EXPECT_TRUE(hosts.trusts("a.example", "ssh-ed25519", bytes));
  EXPECT_FALSE(hosts.trusts("a.example", "ssh-ed25519", bytes.first(bytes.size() - 1)));
  EXPECT_FALSE(hosts.trusts("a.example", "ecdsa-sha2-nistp256", bytes));
  EXPECT_FALSE(hosts.trusts("a.example.org", "ssh-ed25519", bytes));
}

TEST_F(KnownHostsTest, AsAnEditorOfWindowsLeavesItItIsRead) {
  write("\xEF\xBB\xBFphysics.example " + std::string(kEd25519) + "\r\n\r\n# a comment\r\n");
  EXPECT_THAT(KnownHosts(file_).pins_of("physics.example", 22).types, ElementsAre("ssh-ed25519"));
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
