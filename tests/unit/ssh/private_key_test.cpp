// Which private keys are taken, and what is said of the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "common/ssh/base64.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/private_key.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::ssh {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PrivateKeyTest : public ::testing::Test {
 protected:
  /// What load() says; it must be an error of settings, name the file, and tell nothing of its
  /// content.
  [[nodiscard]] std::string refusal() const {
    try {
      static_cast<void>(PrivateKey::load(file_));
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::settings);
      EXPECT_THAT(error.what(), HasSubstr(file_.string()));
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return "";
  }

  [[nodiscard]] std::string content() const {
    std::ifstream stream(file_);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  void write(const std::string& text) const {
    std::ofstream(file_) << text;
    std::filesystem::permissions(file_, std::filesystem::perms(0600));
  }

  os::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "key";
};

TEST_F(PrivateKeyTest, Ed25519WithoutPassphraseIsTaken) {
  make_key(file_);
  EXPECT_EQ(PrivateKey::load(file_).text(), content());
}

TEST_F(PrivateKeyTest, AsAnEditorOfWindowsLeavesItItIsTaken) {
  make_key(file_);
  const std::string before = content();
  std::string after = "\xEF\xBB\xBF";
  for (const char c : before) after += c == '\n' ? "\r\n" : std::string(1, c);
  write(after);
  EXPECT_EQ(PrivateKey::load(file_).text(), before);
}

TEST_F(PrivateKeyTest, MissingFileIsRefusedWithHowToMakeOne) {
  EXPECT_THAT(refusal(), HasSubstr("ssh-keygen -t ed25519"));
}

TEST_F(PrivateKeyTest, AnyRightOfOthersIsRefused) {
  make_key(file_);
  for (const unsigned others : {040U, 020U, 010U, 04U, 02U, 01U}) {
    std::filesystem::permissions(file_, std::filesystem::perms(0600U | others));
    EXPECT_THAT(refusal(), HasSubstr("chmod 600"));
  }
  std::filesystem::permissions(file_, std::filesystem::perms(0644));
  EXPECT_THAT(refusal(), HasSubstr("mode 0644"));
  std::filesystem::permissions(file_, std::filesystem::perms(0400));
  EXPECT_NO_THROW(static_cast<void>(PrivateKey::load(file_)));
}

TEST_F(PrivateKeyTest, DirectoryAndPipeAreRefusedWithoutWaiting) {
  std::filesystem::create_directory(file_);
  EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
}

TEST_F(PrivateKeyTest, KeyWithPassphraseIsRefusedWithHowToRemoveIt) {
  make_key(file_, "ed25519", "a passphrase");
  EXPECT_THAT(refusal(), HasSubstr("ssh-keygen -p"));
}

TEST_F(PrivateKeyTest, OtherTypesAreRefusedByName) {
  make_key(file_, "rsa");
  EXPECT_THAT(refusal(), HasSubstr("ssh-rsa"));
  std::filesystem::remove(file_);
  make_key(file_, "ecdsa");
  EXPECT_THAT(refusal(), HasSubstr("ecdsa-sha2-nistp256"));
}

TEST_F(PrivateKeyTest, PublicKeyIsRefusedAsSuch) {
  make_key(file_);
  std::filesystem::rename(directory_.path() / "key.pub", file_);
  std::filesystem::permissions(file_, std::filesystem::perms(0600));
  EXPECT_THAT(refusal(), HasSubstr("is a public key"));
}

TEST_F(PrivateKeyTest, OtherFormatsAreRefused) {
  write("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
  EXPECT_THAT(refusal(), HasSubstr("not a private key in OpenSSH's format"));
  write("");
  EXPECT_THAT(refusal(), HasSubstr("not a private key in OpenSSH's format"));
}

TEST_F(PrivateKeyTest, FileThatIsFarTooLargeIsRefused) {
  write(std::string(1U << 20U, 'x'));
  EXPECT_THAT(refusal(), HasSubstr("too large"));
}

TEST_F(PrivateKeyTest, HeaderTruncatedAtAnyByteIsRefused) {
  make_key(file_);
  const std::string begin = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  const std::string whole = content().substr(begin.size());
  const auto bytes = base64_decode(whole.substr(0, whole.find("-----")));
  ASSERT_TRUE(bytes);
  // Magic, "none", "none", no options, one key, and a public key of 51 bytes.
  constexpr std::size_t kHeader = 15 + 8 + 8 + 4 + 4 + 4 + 51;
  for (std::size_t size = 0; size < kHeader; ++size) {
    write(begin + base64_encode(std::span(*bytes).first(size)) +
          "\n-----END OPENSSH PRIVATE KEY-----\n");
    EXPECT_THAT(refusal(), HasSubstr("damaged")) << size;
  }
}

TEST(Base64, EveryLengthSurvivesARoundTrip) {
  std::vector<std::uint8_t> bytes;
  for (unsigned size = 0; size < 70; ++size) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes.push_back(static_cast<std::uint8_t>(size * 37 + 200));
  }
}

TEST(Base64, KnownTextsAreEncodedAsSpecified) {
  const std::vector<std::uint8_t> bytes{'f', 'o', 'o', 'b', 'a'};
  EXPECT_EQ(base64_encode(bytes), "Zm9vYmE");
  EXPECT_EQ(base64_decode("Zm9v\nYmE=\n"), bytes);
  EXPECT_EQ(base64_decode("Zm9v*"), std::nullopt);
}

}  // namespace
}  // namespace icom::ssh
