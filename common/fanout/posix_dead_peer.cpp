#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/fanout/dead_peer.hpp"

namespace icom::fanout {

namespace {

constexpr int kIdleSeconds = 15;  ///< without a word before the first question
constexpr int kBetweenSeconds = 5;
constexpr int kQuestions = 3;
constexpr unsigned kUnansweredMilliseconds = 30'000;

template <typename Value>
void set(int connection, int level, int option, Value value) {
  ::setsockopt(connection, level, option, &value, sizeof value);
}

}  // namespace

void end_when_peer_is_dead(int connection) {
  set(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(connection, IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  set(connection, IPPROTO_TCP, TCP_KEEPINTVL, kBetweenSeconds);
  set(connection, IPPROTO_TCP, TCP_KEEPCNT, kQuestions);
  set(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnansweredMilliseconds);
}

}  // namespace icom::fanout
