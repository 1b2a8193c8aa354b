#include "common/os/child_program.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

#include "common/os/local_socket.hpp"
#include "common/os/process.hpp"

namespace icom::os {
namespace {

using namespace std::chrono_literals;

constexpr const char* kIsChild = "ICOM_TEST_IS_CHILD";

bool is_usual(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_DFL;
}

TEST(ChildProgram, HasTheSignalsOfAnyProgramWhateverItsParentIgnores) {
  if (std::getenv(kIsChild) != nullptr) {  // this very test, once more
    std::cout << "pipe " << is_usual(SIGPIPE) << ", hangup " << is_usual(SIGHUP) << std::endl;
    return;
  }
  ignore_pipe_and_hangup();
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  LocalStream ours{Connection(ends[0])};
  Connection theirs(ends[1]);
  ASSERT_EQ(::setenv(kIsChild, "1", 1), 0);
  const ChildProgram child({"--gtest_filter=ChildProgram.HasTheSignals*"}, theirs.get());
  ::unsetenv(kIsChild);
  theirs.reset();
  std::string text;
  std::array<std::byte, 4096> piece{};
  while (const std::size_t got = ours.read_some(piece, 60s)) {
    text += as_text(Bytes(piece).first(got));
  }
  EXPECT_THAT(text, testing::HasSubstr("pipe 1, hangup 1"));
}

}  // namespace
}  // namespace icom::os
