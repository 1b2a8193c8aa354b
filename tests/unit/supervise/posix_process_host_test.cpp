#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "agent/supervise/process_host.hpp"
#include "common/os/handle.hpp"
#include "common/os/process.hpp"
#include "common/os/real_process_host.hpp"

namespace icom::supervise {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class PosixProcessHostTest : public ::testing::Test {
 protected:
  PosixProcessHostTest() { os::ignore_pipe_and_hangup(); }

  ProcessId shell(const std::string& script) {
    ProcessHost::Handlers handlers;
    handlers.line = [this](std::string_view line) { lines_.emplace_back(line); };
    handlers.ended = [this](ProcessEnd end) { end_ = end; };
    return host_->start({"/bin/sh", {"-c", script}}, std::move(handlers));
  }
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "not within ten seconds";
      io_.restart();
      io_.run_one_for(milliseconds(20));
    }
  }

  boost::asio::io_context io_;
  std::unique_ptr<ProcessHost> host_ = os::real_process_host(io_.get_executor());
  std::vector<std::string> lines_;
  std::optional<ProcessEnd> end_;
};

TEST_F(PosixProcessHostTest, LinesOfStdoutAndStderrComeBeforeTheEnd) {
  shell("echo one; echo two >&2; printf three; exit 7");
  run_until([this] { return end_.has_value(); });
  EXPECT_THAT(lines_, ElementsAre("one", "two", "three"));
  EXPECT_EQ(end_->exit_code, 7);
  EXPECT_EQ(end_->text(), "exit code 7");
}

TEST_F(PosixProcessHostTest, LongLineIsPassedOnInPieces) {
  // More than a piece and less than a pipe holds: a full pipe loses lines (see below), and tr would
  // complain of it among the letters.
  constexpr std::size_t kLength = 40'000;
  shell("head -c " + std::to_string(kLength) + " /dev/zero | tr '\\0' x; echo");
  run_until([this] { return end_.has_value(); });
  std::string all;
  for (const auto& line : lines_) {
    EXPECT_LE(line.size(), 32'768U);
    all += line;
  }
  EXPECT_GT(lines_.size(), 1U);
  EXPECT_EQ(all, std::string(kLength, 'x'));
}

/// Its number may be another's.
TEST_F(PosixProcessHostTest, OneThatIsNotOfThisHostGetsASignalOnlyAsAnothersAndOnlyIfItIsTheOne) {
  const auto process = shell("echo up; exec sleep 60");
  run_until([this] { return !lines_.empty(); });
  const auto other = os::real_process_host(io_.get_executor());
  other->send(process, ProcessSignal::kill);
  EXPECT_FALSE(other->send_to_other(process, ProcessSignal::kill, [] { return false; }));
  EXPECT_FALSE(end_.has_value());
  EXPECT_TRUE(other->send_to_other(process, ProcessSignal::terminate, [] { return true; }));
  run_until([this] { return end_.has_value(); });
  EXPECT_EQ(end_->signal, SIGTERM);
  bool asked = false;
  EXPECT_FALSE(other->send_to_other(process, ProcessSignal::kill, [&] { return asked = true; }));
  EXPECT_FALSE(other->send_to_other(0, ProcessSignal::kill, [&] { return asked = true; }));
  EXPECT_FALSE(asked) << "nobody is there";
}

TEST_F(PosixProcessHostTest, AChildHasNoneOfWhatElseIsOpenHere) {
  const os::FileHandle open(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, as Asio does it
  ASSERT_TRUE(open.valid());
  shell("test -e /proc/self/fd/" + std::to_string(open.get()) + "; echo $?");
  run_until([this] { return end_.has_value(); });
  EXPECT_THAT(lines_, ElementsAre("1"));
}

TEST_F(PosixProcessHostTest, TerminateAndKillAreToldApart) {
  auto process = shell("echo up; exec sleep 60");
  run_until([this] { return !lines_.empty(); });
  host_->send(process, ProcessSignal::terminate);
  run_until([this] { return end_.has_value(); });
  EXPECT_EQ(end_->signal, SIGTERM);
  end_.reset();
  lines_.clear();
  process = shell("trap '' TERM; echo up; while :; do sleep 60; done");
  run_until([this] { return !lines_.empty(); });
  host_->send(process, ProcessSignal::kill);
  run_until([this] { return end_.has_value(); });
  EXPECT_EQ(end_->text(), "signal 9");
}

TEST_F(PosixProcessHostTest, NeitherOneThatRunsNorOneThatIsGoneWaitsForADisk) {
  EXPECT_FALSE(host_->waits_for_disk(::getpid()));
  EXPECT_FALSE(host_->waits_for_disk(0));
  EXPECT_FALSE(host_->waits_for_disk(std::int64_t{1} << 40));
}

TEST_F(PosixProcessHostTest, MissingProgramIsNamed) {
  ProcessHost::Handlers handlers{[](std::string_view) {}, [](ProcessEnd) {}};
  try {
    host_->start({"/no/such/program", {}}, std::move(handlers));
    FAIL() << "started";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("/no/such/program"));
  }
}

TEST_F(PosixProcessHostTest, DescriptorIsPassedUnderItsNumberWhateverNumberItHasHere) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  for (const int number : {ends[1], kPassedDescriptor}) {
    SCOPED_TRACE(number);
    const os::FileHandle before(number == ends[1] ? -1 : ::dup(number));
    if (number != ends[1]) ::dup3(ends[1], number, O_CLOEXEC);
    end_.reset();
    ProcessHost::Handlers handlers{[](std::string_view) {}, [this](ProcessEnd end) { end_ = end; }};
    host_->start({"/bin/sh", {"-c", "echo here >&3"}, number}, std::move(handlers));
    run_until([this] { return end_.has_value(); });
    std::array<char, 5> said{};
    EXPECT_EQ(::read(ends[0], said.data(), said.size()), 5);
    EXPECT_EQ(std::string_view(said.data(), said.size()), "here\n");
    if (before.valid()) ::dup2(before.get(), number);
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(PosixProcessHostTest, ChildIsInAGroupOfItsOwn) {
  const auto process = shell("echo up; read never");
  EXPECT_NE(::getpgid(static_cast<pid_t>(process)), ::getpgid(0));
  host_->send(process, ProcessSignal::kill);
  run_until([this] { return end_.has_value(); });
}

/// Writes far more than a pipe holds, then gives a sign of life in a file.
class TalkativeChild {
 public:
  TalkativeChild() : descriptor_(::mkstemp(file_)) {}
  ~TalkativeChild() {
    ::close(descriptor_);
    ::unlink(file_);
  }
  [[nodiscard]] std::string script() const {
    return std::string(
               "i=0; while [ $i -lt 3000 ]; do echo "
               "01234567890123456789012345678901234567890123456789; i=$((i+1)); done; "
               "echo alive > ") +
           file_;
  }
  /// Without running anything of ours.
  [[nodiscard]] bool comes_to_its_end() const {
    for (int i = 0; i < 1000; ++i) {
      struct stat state {};
      if (::fstat(descriptor_, &state) == 0 && state.st_size > 0) return true;
      ::poll(nullptr, 0, 10);
    }
    return false;
  }

 private:
  char file_[40] = "/tmp/process_host_test.XXXXXX";
  int descriptor_;
};

TEST_F(PosixProcessHostTest, ChildDoesNotWaitForAReaderThatHangs) {
  const TalkativeChild child;
  shell(child.script());
  EXPECT_TRUE(child.comes_to_its_end());
  run_until([this] { return end_.has_value(); });
}

TEST_F(PosixProcessHostTest, ChildGoesOnWhenItsReaderIsGone) {
  const TalkativeChild child;
  const auto process = shell(child.script());
  host_.reset();  // as if this process had been killed: the reading end is closed
  EXPECT_TRUE(child.comes_to_its_end());
  int status = 0;
  ::waitpid(static_cast<pid_t>(process), &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
}

}  // namespace
}  // namespace icom::supervise
