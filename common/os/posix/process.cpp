#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>

#include "common/os/process.hpp"

namespace icom::os {

std::int64_t process_id() {
  return ::getpid();
}

void ignore_pipe_and_hangup() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
}

void end_process_within(std::chrono::seconds limit) {
  // SIGALRM's default action; nothing of ours has to run for it.
  std::signal(SIGALRM, SIG_DFL);
  ::alarm(static_cast<unsigned>(limit.count()));
}

void leave_process(int exit_code) {
  ::_exit(exit_code);
}

std::error_code become(const std::filesystem::path& program,
                       const std::vector<std::string>& arguments) {
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // Asio's sockets are among them: whoever waits for an answer of this program is to see its end.
  constexpr unsigned kFirstOfOthers = 3;
  ::close_range(kFirstOfOthers, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execv(program.c_str(), argv.data());
  return {errno, std::generic_category()};
}

void may_be_ended_for_memory() {
  // 0: as any program. Whoever started this one may have protected it (-1000 to 1000).
  std::ofstream("/proc/self/oom_score_adj") << 0;
}

void lower_priority_of_this_thread() {
  // Linux keeps a nice value for each thread, and 0 is the calling one, whatever POSIX says of the
  // whole process.
  constexpr int kNicer = 10;
  ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + kNicer);
}

std::chrono::nanoseconds processor_time_of_this_thread() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace icom::os
