#include "common/os/process_program.hpp"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

/// A process that runs this file, and waits.
class Waiting {
 public:
  explicit Waiting(const std::filesystem::path& program) {
    std::string name = program.string();
    std::string seconds = "60";
    char* words[] = {name.data(), seconds.data(), nullptr};
    EXPECT_EQ(::posix_spawn(&process_, name.c_str(), nullptr, nullptr, words, environ), 0);
  }
  ~Waiting() { end(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void end() {
    if (process_ == 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  [[nodiscard]] pid_t process() const { return process_; }

 private:
  pid_t process_ = 0;
};

TEST(RunsProgram, AFileThatWasReplacedIsAnotherProgram) {
  const TemporaryDirectory folder;
  const auto program = folder.path() / "sleep";
  std::filesystem::copy_file("/bin/sleep", program);
  Waiting waiting(program);
  const pid_t process = waiting.process();
  EXPECT_EQ(runs_program(process, program), std::optional(true));
  std::filesystem::create_symlink(program, folder.path() / "link");
  EXPECT_EQ(runs_program(process, folder.path() / "link"), std::optional(true));

  std::filesystem::copy_file("/bin/sleep", folder.path() / "next");
  EXPECT_EQ(runs_program(process, folder.path() / "next"), std::optional(false));
  std::filesystem::rename(folder.path() / "next", program);
  EXPECT_EQ(runs_program(process, program), std::optional(false));

  std::filesystem::remove(program);
  EXPECT_EQ(runs_program(process, program), std::nullopt);
  std::filesystem::copy_file("/bin/sleep", program);
  EXPECT_EQ(runs_program(process, program), std::optional(false));
  waiting.end();
  EXPECT_EQ(runs_program(process, program), std::nullopt);
}

}  // namespace
}  // namespace icom::os
