#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "common/os/connection_state.hpp"

namespace icom::os {

namespace {

/// Reads in a row: whoever reads keeps an eye on the time between them.
constexpr int kReadsInARow = 64;

}  // namespace

void say_fin(NativeSocket connection) {
  ::shutdown(connection, SHUT_WR);
}

bool read_to_end(NativeSocket connection) {
  std::array<char, 4096> unread;
  for (int i = 0; i < kReadsInARow; ++i) {
    const ssize_t got = ::recv(connection, unread.data(), unread.size(), MSG_DONTWAIT);
    if (got > 0 || (got < 0 && errno == EINTR)) continue;
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }
  return false;
}

void repeat_fin_for(NativeSocket connection, std::chrono::milliseconds time) {
  // Unanswered keepalive questions would end the connection by a reset.
  const int off = 0;
  ::setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off);
  // Left to itself the kernel gives up after a quarter of an hour, and answers with a reset then.
  const auto limit = static_cast<unsigned>(time.count());
  ::setsockopt(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

bool fin_has_arrived(NativeSocket connection) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
  return info.tcpi_state != TCP_FIN_WAIT1 && info.tcpi_state != TCP_CLOSING;
}

bool can_go_on(NativeSocket connection) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(connection, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  // The second: the Linac has closed, and what it sent before may be unread.
  return info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT;
}

bool is_ipv6(NativeSocket connection) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are asked
  return ::getsockname(connection, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
         address.ss_family == AF_INET6;
}

bool same_connection(NativeSocket one, NativeSocket other) {
  struct stat first {};
  struct stat second {};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace icom::os
