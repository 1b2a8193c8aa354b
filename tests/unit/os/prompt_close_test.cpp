#include "common/os/prompt_close.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstring>
#include <future>

namespace icom::os {
namespace {

using namespace std::chrono_literals;

/// Two ends of a TCP connection on this machine.
std::pair<Connection, Connection> tcp_pair() {
  const Connection listening(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listening.get(), generic, size), 0);
  EXPECT_EQ(::listen(listening.get(), 1), 0);
  EXPECT_EQ(::getsockname(listening.get(), generic, &size), 0);
  Connection one(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(::connect(one.get(), generic, size), 0);
  return {std::move(one), Connection(::accept(listening.get(), nullptr, nullptr))};
}

/// With more to send than its peer takes, and an hour's patience.
void have_it_linger(const Connection& socket) {
  const linger hour{1, 3600};
  ASSERT_EQ(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &hour, sizeof hour), 0);
  const std::array<char, 65536> bytes{};
  while (::send(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
  }
}

void send_descriptor(const Connection& through, const Connection& sent) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  char byte = 'x';
  iovec content{&byte, 1};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = room.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int number = sent.get();
  std::memcpy(CMSG_DATA(header), &number, sizeof number);
  ASSERT_EQ(::sendmsg(through.get(), &message, 0), 1);
}

TEST(PromptClose, ASocketThatCameAlongAndLingersHoldsNobodyUp) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  Connection ours(ends[0]);
  Connection theirs(ends[1]);
  auto [lingers, peer] = tcp_pair();
  have_it_linger(lingers);
  send_descriptor(theirs, lingers);
  lingers.reset();  // what is on its way in the message is the last
  theirs.reset();
  auto closed = std::async(std::launch::async, [&ours] { close_promptly(std::move(ours)); });
  EXPECT_EQ(closed.wait_for(20s), std::future_status::ready);
  peer.reset();  // ends the wait, if there is one
}

}  // namespace
}  // namespace icom::os
