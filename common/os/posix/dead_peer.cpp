#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "common/os/dead_peer.hpp"

namespace icom::os {

namespace {

constexpr int kIdleSeconds = 15;  ///< without a word before the first question
constexpr int kBetweenSeconds = 5;
constexpr int kQuestionsToTheDead = 3;

template <typename Value>
void set_option(NativeSocket connection, int level, int option, Value value) {
  ::setsockopt(connection, level, option, &value, sizeof value);
}

}  // namespace

void end_when_peer_is_dead(NativeSocket connection, std::chrono::milliseconds unanswered) {
  set_option(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(connection, IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  set_option(connection, IPPROTO_TCP, TCP_KEEPINTVL, kBetweenSeconds);
  set_option(connection, IPPROTO_TCP, TCP_KEEPCNT, kQuestionsToTheDead);
  set_option(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<unsigned>(unanswered.count()));
}

}  // namespace icom::os
