#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "common/os/passed_sockets.hpp"

namespace icom::os {
namespace {

constexpr int kFirst = 3;
/// More than any unit of ours has.
constexpr int kMost = 64;

std::optional<int> number_in(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  const std::string_view text(value);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::vector<Connection> take_passed_sockets() {
  const std::optional<int> process = number_in("LISTEN_PID");
  const std::optional<int> count = number_in("LISTEN_FDS");
  for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  std::vector<Connection> sockets;
  // Meant for another process, whose environment we have inherited.
  if (process != ::getpid() || !count || *count < 0 || *count > kMost) return sockets;
  for (int descriptor = kFirst; descriptor < kFirst + *count; ++descriptor) {
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) sockets.emplace_back(descriptor);
  }
  return sockets;
}

}  // namespace icom::os
