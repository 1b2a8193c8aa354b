#include <gmock/gmock.h>

#include "common/config/site_settings.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using std::filesystem::perms;
using testing::HasSubstr;
using testing::Not;

const std::string kSecret = "0123456789abcdef0123456789abcdef";

class SecretTest : public SettingsFolder {
 protected:
  std::filesystem::path write_secret(const std::string& content, unsigned mode = 0600) const {
    const std::filesystem::path file = write("nbcc.token", content);
    std::filesystem::permissions(file, static_cast<perms>(mode));
    return file;
  }
};

TEST_F(SecretTest, OneLineIsReadWithoutItsEnd) {
  EXPECT_EQ(read_secret(write_secret(kSecret)), kSecret);
  EXPECT_EQ(read_secret(write_secret(kSecret + "\n")), kSecret);
  EXPECT_EQ(read_secret(write_secret(kSecret + "\r\n")), kSecret);
  EXPECT_EQ(read_secret(write_secret(kSecret + " \n")), kSecret + " ");
}

TEST_F(SecretTest, AByteOrderMarkIsNoPartOfIt) {
  EXPECT_EQ(read_secret(write_secret("\xEF\xBB\xBF" + kSecret + "\r\n")), kSecret);
  const std::string longest(1024, 'x');
  EXPECT_EQ(read_secret(write_secret("\xEF\xBB\xBF" + longest + "\r\n")), longest);
  EXPECT_THROW(read_secret(write_secret("\xEF\xBB\xBF" + longest + "y\r\n")), ConfigError);
}

TEST_F(SecretTest, EveryModeBeyondOwnerAndReadingGroupIsRefused) {
  for (unsigned mode = 0400; mode <= 0777; ++mode) {
    if ((mode & 0400U) == 0) continue;
    const std::filesystem::path file = write_secret(kSecret, mode);
    if ((mode & 0037U) == 0) {
      EXPECT_EQ(read_secret(file), kSecret) << std::oct << mode;
    } else {
      EXPECT_THROW(read_secret(file), ConfigError) << std::oct << mode;
    }
    std::filesystem::remove(file);
  }
}

TEST_F(SecretTest, EmptyShortLongAndSeveralLinesAreRefusedWithoutShowingThem) {
  const std::string marked = "swordfish";
  for (const std::string& content :
       {std::string(), std::string("\n"), marked, marked + '\n' + kSecret,
        kSecret + "\n" + marked + "\n", kSecret + '\0' + marked, marked + std::string(1020, 'x'),
        kSecret + "\n\n"}) {
    const std::string text = error_of([&] { read_secret(write_secret(content)); }).what();
    EXPECT_THAT(text, HasSubstr("nbcc.token"));
    EXPECT_THAT(text, Not(HasSubstr(marked)));
    EXPECT_THAT(text, Not(HasSubstr(kSecret)));
  }
}

TEST_F(SecretTest, AbsentFileAndFolderAreRefused) {
  EXPECT_THROW(read_secret(folder_ / "none"), ConfigError);
  EXPECT_THROW(read_secret(folder_), ConfigError);
}

}  // namespace
}  // namespace icom::config
