#include "common/os/local_socket.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <string_view>

#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

using namespace std::chrono_literals;

class LocalSocket : public testing::Test {
 protected:
  /// Of whoever connects to `path`.
  [[nodiscard]] static std::error_code error_of_connecting(const std::filesystem::path& path) {
    try {
      connect_local(path, 20s);
      return {};
    } catch (const std::system_error& error) {
      return error.code();
    }
  }
  TemporaryDirectory folder_;
  const std::filesystem::path path_ = folder_.path() / "a.sock";
};

TEST_F(LocalSocket, WhoConnectsIsKnownAndWhatItSendsArrives) {
  LocalListener listener(path_, ::getegid());
  LocalStream caller = connect_local(path_, 20s);
  auto accepted = listener.accept(20s);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->peer().user, ::geteuid());
  EXPECT_EQ(accepted->peer().group, ::getegid());
  EXPECT_EQ(accepted->peer().groups, own_account().groups);
  caller.write_all(as_bytes("hello"), 20s);
  std::array<std::byte, 16> got{};
  EXPECT_EQ(accepted->read_some(got, 20s), 5U);
  EXPECT_EQ(as_text(Bytes(got).first(5)), "hello");
}

TEST_F(LocalSocket, OnlyTheAccountAndTheGroupMayConnectWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const LocalListener listener(path_, ::getegid());
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
  EXPECT_EQ(status.st_gid, ::getegid());
}

TEST_F(LocalSocket, APathMayBeOfAnyLength) {
  const auto deep = folder_.path() / std::string(200, 'd');
  std::filesystem::create_directory(deep);
  LocalListener listener(deep / "a.sock", ::getegid());
  EXPECT_FALSE(error_of_connecting(deep / "a.sock"));
}

TEST_F(LocalSocket, OneThatIsInUseIsNotTakenAndOneThatWasLeftIs) {
  {
    const LocalListener listener(path_, ::getegid());
    EXPECT_THROW(LocalListener(path_, ::getegid()), std::system_error);
    EXPECT_FALSE(error_of_connecting(path_)) << "it still listens";
  }
  EXPECT_EQ(error_of_connecting(path_), std::errc::no_such_file_or_directory);
  {
    LocalListener dead(path_, ::getegid());
    dead.close();
    EXPECT_EQ(error_of_connecting(path_), std::errc::connection_refused);
    const LocalListener next(path_, ::getegid());
    EXPECT_FALSE(error_of_connecting(path_));
  }
}

TEST_F(LocalSocket, AFileInItsPlaceStays) {
  std::ofstream(path_) << "somebody's";
  EXPECT_THROW(LocalListener(path_, ::getegid()), std::system_error);
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

TEST_F(LocalSocket, OneInAFolderOfAnotherAccountIsNotBelieved) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another account";
  const auto theirs = folder_.path() / "theirs";
  std::filesystem::create_directory(theirs);
  ASSERT_EQ(::chown(theirs.c_str(), 54321, 54321), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0711), 0);
  const LocalListener roots(theirs / "a.sock", ::getegid());
  EXPECT_FALSE(error_of_connecting(theirs / "a.sock")) << "root is believed anywhere";
  const int code = run_as(account_of(54322, 54322), [&] {
    ::umask(0);
    // A folder of root's, in which anybody may make a name.
    const auto everybodys = std::filesystem::temp_directory_path() /
                            ("icom-test-" + std::to_string(::getpid()) + ".sock");
    const LocalListener squatter(everybodys, 54322);
    try {
      connect_local(everybodys, 20s);
    } catch (const NotBelieved& error) {
      return std::string_view(error.what()).find("account 54322") == std::string_view::npos ? 4 : 0;
    }
    return 3;
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace icom::os
