#include "agent/forward/own_token.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "agent/forward/link_failure.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::forward {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OwnToken : public ::testing::Test {
 protected:
  OwnToken() { tunnel_.token_file = folder_.path() / "nbcc.token"; }
  void write(std::filesystem::perms mode) const {
    std::ofstream(tunnel_.token_file) << "0123456789abcdef0123\n";
    std::filesystem::permissions(tunnel_.token_file, mode);
  }
  [[nodiscard]] std::string failure() const {
    try {
      read_own_token(tunnel_);
    } catch (const LinkFailure& refused) {
      EXPECT_EQ(refused.kind, FailureKind::settings);
      return refused.what();
    }
    ADD_FAILURE() << "read";
    return {};
  }

  os::TemporaryDirectory folder_;
  config::TunnelSettings tunnel_;
};

TEST_F(OwnToken, IsWhatTheFileHolds) {
  write(std::filesystem::perms::owner_read);
  EXPECT_EQ(read_own_token(tunnel_), "0123456789abcdef0123");
}

TEST_F(OwnToken, WithoutItsFileTheMachineIsSaidToBeNotEnrolled) {
  EXPECT_THAT(failure(), AllOf(HasSubstr("tunnel.token_file: " + tunnel_.token_file.string()),
                               HasSubstr("not enrolled yet"), HasSubstr("icom-agent enrol FILE")));
}

TEST_F(OwnToken, OneThatOthersCanReadIsRefusedWithWhatToDo) {
  write(std::filesystem::perms::owner_read | std::filesystem::perms::others_read);
  EXPECT_THAT(failure(), AllOf(HasSubstr("tunnel.token_file: "), HasSubstr("chmod 0640")));
}

}  // namespace
}  // namespace icom::forward
