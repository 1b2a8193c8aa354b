#include "common/os/program_output.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <system_error>

#include "common/os/login.hpp"

namespace icom::os {
namespace {

constexpr std::chrono::seconds kLong{30};

std::optional<ProgramOutput> of_script(const std::string& script,
                                       std::chrono::milliseconds limit = kLong) {
  return output_of("/bin/sh", {"-c", script}, limit);
}

TEST(ProgramOutput, IsWhatItPrintsAndHowItEnds) {
  const auto output = of_script("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_code, 3);
  EXPECT_EQ(of_script("kill -9 $$")->exit_code, 128 + 9);
}

TEST(ProgramOutput, WhatIsTooMuchIsLeftOutAndHoldsUpNothing) {
  const auto output = of_script("head -c 2000000 /dev/zero; echo end >&2");
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out.size(), kMostProgramOutput);
  EXPECT_EQ(output->err, "end\n");
}

TEST(ProgramOutput, HasNoInputAndNothingOfOurEnvironment) {
  ::setenv("ICOM_TEST_SECRET", "secret", 1);
  EXPECT_EQ(of_script("cat; echo \"<$ICOM_TEST_SECRET>\"")->out, "<>\n");
  ::unsetenv("ICOM_TEST_SECRET");
}

TEST(ProgramOutput, OneThatDoesNotEndIsEnded) {
  EXPECT_FALSE(of_script("exec sleep 1000", std::chrono::milliseconds(1)));
  EXPECT_FALSE(of_script("exec >&- 2>&-; exec sleep 1000", std::chrono::milliseconds(50)));
}

TEST(ProgramOutput, OneThatIsNotThereIsSaid) {
  EXPECT_THROW(output_of("/no/such/program", {}, kLong), std::system_error);
}

TEST(Login, OfAnAccountThatIsThereHasItsShell) {
  const auto login = login_of("root");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->user, 0U);
  EXPECT_FALSE(login->shell.empty());
  EXPECT_FALSE(login_of("no-such-account"));
}

}  // namespace
}  // namespace icom::os
