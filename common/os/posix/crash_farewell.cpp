#include <poll.h>

#include <array>
#include <atomic>
#include <csignal>
#include <ctime>

#include "common/os/connection_state.hpp"
#include "common/os/crash_farewell.hpp"
#include "common/os/posix/crash_signals.hpp"

namespace icom::os {

namespace {

std::atomic<NativeSocket> connection_of_ours{kNoSocket};
std::atomic<NativeSocket> keeper_of_it{kNoSocket};
std::atomic<long long> patience_milliseconds{0};
static_assert(std::atomic<NativeSocket>::is_always_lock_free &&
                  std::atomic<long long>::is_always_lock_free,
              "used in a signal handler");

/// A stack that has overflown is of no use.
alignas(16) std::array<char, 16384> handler_stack;

long long now_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

/// Only what POSIX allows in a signal handler.
void say_goodbye(NativeSocket connection) {
  say_fin(connection);
  const long long give_up = now_milliseconds() + patience_milliseconds;
  while (!read_to_end(connection)) {
    const long long left = give_up - now_milliseconds();
    pollfd readable{connection, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0) return;
  }
}

/// Whether somebody holds the other end of its socket.
bool lives(NativeSocket keeper) {
  pollfd hung_up{keeper, 0, 0};
  return keeper >= 0 && ::poll(&hung_up, 1, 0) == 0;
}

void on_crash(int signal) {
  const NativeSocket connection = connection_of_ours.exchange(kNoSocket);
  if (connection >= 0 && !lives(keeper_of_it)) say_goodbye(connection);
  ::raise(signal);  // its own effect is restored: SA_RESETHAND
}

}  // namespace

void prepare_crash_farewell(std::chrono::milliseconds patience) {
  patience_milliseconds = patience.count();
  stack_t stack{};
  stack.ss_sp = handler_stack.data();
  stack.ss_size = handler_stack.size();
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK | SA_NODEFER);
  ::sigemptyset(&action.sa_mask);
  for (const int signal : kCrashSignals) ::sigaction(signal, &action, nullptr);
}

void set_crash_farewell(NativeSocket connection, NativeSocket keeper) {
  connection_of_ours = kNoSocket;
  keeper_of_it = keeper;
  connection_of_ours = connection;
}

}  // namespace icom::os
