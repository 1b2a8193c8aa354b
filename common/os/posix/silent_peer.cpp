#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "common/os/silent_peer.hpp"

namespace icom::os {

namespace {

/// Unanswered ones before the kernel ends the connection: several times more than our own patience.
constexpr int kQuestions = 30;

void set_integer(NativeSocket connection, int level, int option, int value) {
  ::setsockopt(connection, level, option, &value, sizeof value);
}

std::optional<tcp_info> ask_kernel(NativeSocket connection) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info;
}

}  // namespace

void ask_silent_peer(NativeSocket connection, std::chrono::milliseconds after) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(after).count();
  const int each = static_cast<int>(std::clamp<decltype(seconds)>(seconds, 1, 3600));
  set_integer(connection, IPPROTO_TCP, TCP_KEEPIDLE, each);
  set_integer(connection, IPPROTO_TCP, TCP_KEEPINTVL, each);
  set_integer(connection, IPPROTO_TCP, TCP_KEEPCNT, kQuestions);
  set_integer(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
}

bool peer_answered(NativeSocket connection, std::chrono::milliseconds time) {
  const auto info = ask_kernel(connection);
  if (!info) return false;
  const auto last = std::min(info->tcpi_last_ack_recv, info->tcpi_last_data_recv);
  return std::chrono::milliseconds(last) < time;
}

std::chrono::milliseconds silent_for(NativeSocket connection) {
  const auto info = ask_kernel(connection);
  return std::chrono::milliseconds(info ? info->tcpi_last_data_recv : 0);
}

}  // namespace icom::os
