#include "common/cli/usage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace icom::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

class UsageTest : public ::testing::Test {
 protected:
  UsageTest() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "1.0");
    CLI::App* const records = app_.add_subcommand("records", "Lists records");
    records->add_option("--patient", text_);
    records->add_flag("--json", flag_);
    app_.add_subcommand("ledger", "Lists counts");
  }

  Said said(std::vector<std::string> words) {
    std::reverse(words.begin(), words.end());
    Said said;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      app_.parse(words);
    } catch (const CLI::ParseError& error) {
      said.code = tell_usage(app_, error);
    }
    said.out = testing::internal::GetCapturedStdout();
    said.err = testing::internal::GetCapturedStderr();
    return said;
  }

  CLI::App app_{"A program", "program"};
  std::string text_;
  bool flag_ = false;
};

TEST_F(UsageTest, AMisspeltCommandIsToldTheOneThatWasMeant) {
  const Said wrong = said({"recrods", "--json"});
  EXPECT_NE(wrong.code, 0);
  EXPECT_EQ(wrong.err,
            "there is no command recrods: did you mean records?\n"
            "Run with --help for more information.\n");
}

TEST_F(UsageTest, AWordThatIsLikeNoCommandIsNamed) {
  EXPECT_THAT(said({"frobnicate"}).err, HasSubstr("there is no command 'frobnicate'"));
}

TEST_F(UsageTest, ACommandOfTheOtherProgramIsSaidToBeThat) {
  app_.name("icom-agent");
  EXPECT_THAT(said({"approve"}).err, HasSubstr("a command of icom-gateway, at the hosting site"));
  app_.name("icom-gateway");
  EXPECT_THAT(said({"add-linac"}).err, HasSubstr("a command of icom-agent, at the Linacs' site"));
}

TEST_F(UsageTest, AMisspeltOptionIsToldTheOneOfItsCommand) {
  for (const char* wrong : {"--pateint", "--pateint=5"}) {
    const Said words = said({"records", wrong});
    EXPECT_NE(words.code, 0);
    EXPECT_THAT(words.err, HasSubstr("did you mean --patient?")) << wrong;
  }
  EXPECT_THAT(said({"ledger", "--patient", "5"}).err, Not(HasSubstr("did you mean --patient")));
}

TEST_F(UsageTest, ACommandThatIsMissingIsAllThatIsSaid) {
  const Said none = said({});
  EXPECT_NE(none.code, 0);
  EXPECT_THAT(none.err, HasSubstr("subcommand is required"));
  EXPECT_THAT(none.err, Not(HasSubstr("mean")));
}

TEST_F(UsageTest, VersionAndHelpAreNoMistakes) {
  const Said version = said({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.out, "1.0\n");
  EXPECT_EQ(version.err, "");
  EXPECT_THAT(said({"--help"}).out, HasSubstr("records"));
}

}  // namespace
}  // namespace icom::cli
