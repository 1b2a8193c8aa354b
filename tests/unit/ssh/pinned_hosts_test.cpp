// What becomes of a known_hosts file into which a server's keys are put.
#include "common/ssh/pinned_hosts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "tests/unit/os/temporary_directory.hpp"

namespace icom::ssh {
namespace {

const std::array<std::string, 1> kNew{"ssh-ed25519 NEW"};

std::string pinned(std::string_view text, std::uint16_t port = 22) {
  return with_pins(text, "physics.example", port, kNew);
}

TEST(PinnedHostsTest, EmptyFileGetsTheKeys) {
  EXPECT_EQ(pinned(""), "physics.example ssh-ed25519 NEW\n");
  EXPECT_EQ(pinned("", 38471), "[physics.example]:38471 ssh-ed25519 NEW\n");
}

TEST(PinnedHostsTest, FormerKeysOfTheServerGo) {
  EXPECT_EQ(pinned("physics.example ssh-ed25519 OLD\nPHYSICS.example ssh-rsa OLD root@there\r\n"
                   "[physics.example]:22 ecdsa-sha2-nistp256 OLD\n"),
            "physics.example ssh-ed25519 NEW\n");
  EXPECT_EQ(pinned("[physics.example]:38471 ssh-ed25519 OLD\n", 38471),
            "[physics.example]:38471 ssh-ed25519 NEW\n");
}

TEST(PinnedHostsTest, OtherServersAndCommentsAndWhatCannotBeReadStay) {
  const std::string others =
      "# of the old tunnel\n\nphysics.example.org ssh-ed25519 OTHER\n"
      "[physics.example]:2222 ssh-ed25519 OTHER\n@revoked physics.example ssh-rsa BAD\n"
      "|1|no hash\n|1|####|####\n|1|\n";
  EXPECT_EQ(pinned(others), others + "physics.example ssh-ed25519 NEW\n");
}

TEST(PinnedHostsTest, NameThatCountsForEveryPortStays) {
  const std::string general = "physics.example ssh-ed25519 OTHER\n";
  EXPECT_EQ(pinned(general, 38471), general + "[physics.example]:38471 ssh-ed25519 NEW\n");
}

TEST(PinnedHostsTest, OtherNamesOfALineKeepTheirKey) {
  EXPECT_EQ(pinned("10.0.0.1,physics.example,relay.example ssh-ed25519 OLD a comment\n"),
            "10.0.0.1,relay.example ssh-ed25519 OLD a comment\nphysics.example ssh-ed25519 NEW\n");
}

TEST(PinnedHostsTest, LineWithoutItsBreakIsNotJoinedToTheNext) {
  EXPECT_EQ(pinned("other.example ssh-ed25519 OTHER"),
            "other.example ssh-ed25519 OTHER\nphysics.example ssh-ed25519 NEW\n");
}

TEST(PinnedHostsTest, NamesThatSshKeygenHashedAreFound) {
  const os::TemporaryDirectory directory;
  const auto file = directory.path() / "known_hosts";
  const std::string key =
      " ssh-ed25519 "
      "AAAAC3NzaC1lZDI1NTE5AAAAIEaXZRhT5AfNV2UTGzKWPD4eIiLUuxGxFb4YsPvNWzMq\n";
  std::ofstream(file) << "physics.example" + key + "[physics.example]:38471" + key +
                             "other.example" + key;
  const std::string command = "ssh-keygen -q -H -f " + file.string() + " >/dev/null 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream stream(file);
  std::array<std::string, 3> lines;
  for (std::string& line : lines) {
    std::getline(stream, line);
    ASSERT_EQ(line.substr(0, 3), "|1|");
    line += '\n';
  }
  const std::string all = lines[0] + lines[1] + lines[2];
  EXPECT_EQ(pinned(all), lines[1] + lines[2] + "physics.example ssh-ed25519 NEW\n");
  EXPECT_EQ(pinned(all, 38471), lines[0] + lines[2] + "[physics.example]:38471 ssh-ed25519 NEW\n");
}

}  // namespace
}  // namespace icom::ssh
