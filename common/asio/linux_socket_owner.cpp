#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cstring>

#include "common/asio/linux_socket_table.hpp"
#include "common/asio/socket_owner.hpp"
#include "common/os/descriptor.hpp"

namespace icom {

using boost::asio::ip::tcp;

namespace {

constexpr unsigned char kEstablished = 1;

struct Query {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

void put(const boost::asio::ip::address& address, __be32 (&words)[4]) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    std::memcpy(words, bytes.data(), bytes.size());
  } else {
    const auto bytes = address.to_v6().to_bytes();
    std::memcpy(words, bytes.data(), bytes.size());
  }
}

Query query_for(const tcp::endpoint& own, const tcp::endpoint& peer) {
  Query query{};
  query.header.nlmsg_len = sizeof query;
  query.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  query.header.nlmsg_flags = NLM_F_REQUEST;
  query.body.sdiag_family = own.address().is_v4() ? AF_INET : AF_INET6;
  query.body.sdiag_protocol = IPPROTO_TCP;
  query.body.idiag_states = ~0U;
  query.body.id.idiag_sport = htons(own.port());
  query.body.id.idiag_dport = htons(peer.port());
  put(own.address(), query.body.id.idiag_src);
  put(peer.address(), query.body.id.idiag_dst);
  query.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  query.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return query;
}

/// The kernel is asked for one connection: its answer takes the same time however many sockets the
/// machine has.
class Kernel {
 public:
  Kernel() : socket_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
    // The kernel answers before send() returns.
    const timeval limit{0, 100'000};
    if (socket_.valid()) {
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
  }

  [[nodiscard]] std::optional<inet_diag_msg> connection(const tcp::endpoint& own,
                                                        const tcp::endpoint& peer) const {
    const Query query = query_for(own, peer);
    if (!socket_.valid() || ::send(socket_.get(), &query, sizeof query, 0) != sizeof query) {
      return std::nullopt;
    }
    std::array<char, 4'096> answer{};
    const auto size = ::recv(socket_.get(), answer.data(), answer.size(), 0);
    nlmsghdr header{};
    inet_diag_msg message{};
    if (size < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof message)) return std::nullopt;
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY) return std::nullopt;
    std::memcpy(&message, answer.data() + NLMSG_HDRLEN, sizeof message);
    // Where there is no such connection, one that listens at its own end is answered.
    if (message.id.idiag_dport != query.body.id.idiag_dport) return std::nullopt;
    return message;
  }

 private:
  os::Descriptor socket_;
};

}  // namespace

std::optional<SocketOwner> peer_owner(const tcp::endpoint& theirs, const tcp::endpoint& ours) {
  const Kernel kernel;
  // A kernel without this service answers as of a connection that does not exist: our own end does.
  if (!kernel.connection(ours, theirs)) return connected_in_tables(theirs, ours);
  const auto found = kernel.connection(theirs, ours);
  if (!found) return std::nullopt;
  SocketOwner owner;
  // One that its process has closed is shown as root's.
  if (found->idiag_state == kEstablished && found->idiag_inode != 0) owner.user = found->idiag_uid;
  return owner;
}

}  // namespace icom
