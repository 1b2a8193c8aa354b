// A process that stands for one of our programs.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace icom::supervise::testing {

/// A process that was started by these words, and waits.
class StartedAs {
 public:
  explicit StartedAs(const std::string& program, const std::vector<std::string>& options) {
    std::vector<std::string> words{program, "-c", "kill -STOP $$"};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&process_, "/bin/sh", nullptr, nullptr, arguments.data(), environ), 0);
    EXPECT_EQ(::waitpid(process_, nullptr, WUNTRACED), process_);  // it has begun, and stopped
  }
  ~StartedAs() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  StartedAs(const StartedAs&) = delete;
  StartedAs& operator=(const StartedAs&) = delete;
  [[nodiscard]] pid_t process() const { return process_; }

 private:
  pid_t process_ = 0;
};

}  // namespace icom::supervise::testing
