#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include "common/os/passed_connection.hpp"

namespace icom::os {

namespace {

/// One byte, and room for one descriptor.
struct Message {
  explicit Message(std::byte* with) : byte{with, 1} {
    header.msg_iov = &byte;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  iovec byte;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
};

template <typename Call>
bool succeeds(Call&& call) {
  ssize_t outcome = -1;
  do {
    outcome = call();
  } while (outcome < 0 && errno == EINTR);
  return outcome == 1;
}

}  // namespace

bool send_descriptor(NativeSocket socket, std::byte with, NativeSocket descriptor) {
  Message message(&with);
  if (descriptor != kNoSocket) {
    cmsghdr* part = CMSG_FIRSTHDR(&message.header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
  } else {
    message.header.msg_control = nullptr;
    message.header.msg_controllen = 0;
  }
  return succeeds([&] { return ::sendmsg(socket, &message.header, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

bool receive_descriptor(NativeSocket socket, std::byte& with, Connection& descriptor) {
  Message message(&with);
  descriptor.reset();
  constexpr int kHow = MSG_CMSG_CLOEXEC | MSG_DONTWAIT;
  if (!succeeds([&] { return ::recvmsg(socket, &message.header, kHow); })) return false;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message.header); part != nullptr;
       part = CMSG_NXTHDR(&message.header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int number = -1;
    std::memcpy(&number, CMSG_DATA(part), sizeof number);
    descriptor = Connection(number);
  }
  return true;
}

bool await_descriptor(NativeSocket socket, std::byte& with, Connection& descriptor,
                      std::chrono::milliseconds within) {
  const auto give_up = std::chrono::steady_clock::now() + within;
  for (auto left = within; left.count() > 0;) {
    pollfd readable{socket, POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(left.count()));
    if (ready > 0) return receive_descriptor(socket, with, descriptor);
    if (ready < 0 && errno != EINTR) return false;
    left = std::chrono::ceil<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
  }
  return false;
}

std::array<Connection, 2> descriptor_channel() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pair of sockets");
  }
  return {Connection(ends[0]), Connection(ends[1])};
}

}  // namespace icom::os
