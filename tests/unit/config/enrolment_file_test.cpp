#include "common/config/enrolment_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "common/config/config_error.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What is said of a file with this text that everybody may read.
std::string said_of(const std::string& text) {
  const os::TemporaryDirectory folder;
  const auto file = folder.path() / "nbcc.enrol";
  std::ofstream(file) << text;
  using std::filesystem::perms;
  std::filesystem::permissions(file, perms::owner_read | perms::group_read | perms::others_read);
  try {
    static_cast<void>(load_enrolment(file));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(EnrolmentFileTest, OfAnotherFileNobodyIsToChangeTheMode) {
  EXPECT_THAT(
      said_of("root:x:0:0:root:/root:/bin/bash\n"),
      AllOf(HasSubstr("this is something else"), Not(HasSubstr("chmod")), Not(HasSubstr("root:"))));
}

TEST(EnrolmentFileTest, OneThatOthersCanReadIsSaidToBeThat) {
  EXPECT_THAT(said_of("enrolment: 1\nsite: nbcc\n"), HasSubstr("chmod 600"));
}

}  // namespace
}  // namespace icom::config
