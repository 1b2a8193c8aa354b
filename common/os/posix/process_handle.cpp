#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>

#include "common/os/process_handle.hpp"

namespace icom::os {

namespace {

// <sys/pidfd.h> of Debian 12's libc cannot be used from C++.

int open_process(pid_t number) {
  return static_cast<int>(::syscall(SYS_pidfd_open, number, 0));
}

bool send_signal(int handle, int signal) {
  return ::syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0) == 0;
}

/// Of open_process(). ENOENT and EINVAL are of a number that is only a thread's.
bool means_no_process(int error) {
  return error == ESRCH || error == ENOENT || error == EINVAL;
}

bool has_process(pid_t number) {
  return ::kill(number, 0) == 0 || errno != ESRCH;
}

}  // namespace

std::optional<ProcessHandle> ProcessHandle::of(std::int64_t process) {
  // 0 and below are groups.
  if (process <= 0 || !std::in_range<pid_t>(process)) return std::nullopt;
  const auto number = static_cast<pid_t>(process);
  FileHandle handle(open_process(number));
  if (!handle.valid() && (means_no_process(errno) || !has_process(number))) return std::nullopt;
  return ProcessHandle(number, std::move(handle));
}

std::error_code ProcessHandle::send(int signal) const {
  const bool sent = handle_.valid() ? send_signal(handle_.get(), signal)
                                    : ::kill(static_cast<pid_t>(number_), signal) == 0;
  return sent ? std::error_code() : std::error_code(errno, std::generic_category());
}

bool ProcessHandle::ends_within(std::chrono::milliseconds limit) const {
  if (handle_.valid()) {
    pollfd ended{handle_.get(), POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(limit.count())) == 1;
  }
  constexpr std::chrono::milliseconds kAgain{10};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (has_process(static_cast<pid_t>(number_))) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kAgain);
  }
  return true;
}

}  // namespace icom::os
