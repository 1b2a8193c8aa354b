#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

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

void lower_priority_of_this_thread() {
  // Linux keeps a nice value for each thread, and 0 is the calling one, whatever POSIX says of the
  // whole process.
  constexpr int kNicer = 10;
  ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + kNicer);
}

}  // namespace icom::os
