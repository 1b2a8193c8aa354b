#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "agent/listen/crash_farewell.hpp"

namespace icom::listen {

namespace {

constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
/// For the Linac to answer our FIN, as in a proper stop.
constexpr int kDrainMilliseconds = 1000;

std::atomic<int> connection_of_ours{-1};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

/// A stack that has overflown is of no use.
alignas(16) std::array<char, 16384> handler_stack;

long long now_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

/// Whatever is unread when the kernel closes the connection would make its FIN a reset. Only what
/// POSIX allows in a signal handler.
void say_goodbye(int connection) {
  ::shutdown(connection, SHUT_WR);
  char unread[4096];
  const long long give_up = now_milliseconds() + kDrainMilliseconds;
  for (;;) {
    const ssize_t got = ::recv(connection, unread, sizeof unread, MSG_DONTWAIT);
    if (got > 0 || (got < 0 && errno == EINTR)) continue;
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return;
    const long long left = give_up - now_milliseconds();
    pollfd readable{connection, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0) return;
  }
}

void on_crash(int signal) {
  const int connection = connection_of_ours.exchange(-1);
  if (connection >= 0) say_goodbye(connection);
  ::raise(signal);  // its own effect is restored: SA_RESETHAND
}

}  // namespace

void prepare_crash_farewell() {
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK | SA_NODEFER);
  ::sigemptyset(&action.sa_mask);
  for (const int signal : kCrashes) ::sigaction(signal, &action, nullptr);
}

void set_crash_farewell(int connection) {
  connection_of_ours = connection;
}

}  // namespace icom::listen
