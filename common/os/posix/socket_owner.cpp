#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "common/os/handle.hpp"
#include "common/os/own_addresses.hpp"
#include "common/os/posix/socket_table.hpp"
#include "common/os/socket_owner.hpp"

namespace icom::os {

using boost::asio::ip::tcp;

namespace {

constexpr unsigned char kEstablished = 1;
/// A socket that is bound to no interface is found with this one.
constexpr unsigned kNoInterface = 0;
/// Each is a question, of microseconds. Accounts without rights make none.
constexpr std::size_t kMostInterfaces = 256;

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

Query query_for(const tcp::endpoint& own, const tcp::endpoint& peer, unsigned interface) {
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
  query.body.id.idiag_if = interface;
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

  /// The socket with these ends that is bound to this interface, or to none.
  [[nodiscard]] std::optional<inet_diag_msg> connection(const tcp::endpoint& own,
                                                        const tcp::endpoint& peer,
                                                        unsigned interface) const {
    const Query query = query_for(own, peer, interface);
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
  Connection socket_;
};

std::vector<unsigned> interfaces() {
  std::vector<unsigned> numbers;
  const std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)> all(
      ::if_nameindex(), &::if_freenameindex);
  for (const auto* one = all.get(); one != nullptr && one->if_index != 0; ++one) {
    if (numbers.size() == kMostInterfaces) break;
    numbers.push_back(one->if_index);
  }
  return numbers;
}

/// Any account may bind its socket to an interface, and one with an address of a link (fe80::) is
/// bound to that link's: the kernel finds such a one only if asked with the same interface.
std::optional<inet_diag_msg> found_by_kernel(const tcp::endpoint& own, const tcp::endpoint& peer) {
  const Kernel kernel;
  if (const auto found = kernel.connection(own, peer, kNoInterface)) return found;
  for (const unsigned interface : interfaces()) {
    if (const auto found = kernel.connection(own, peer, interface)) return found;
  }
  return std::nullopt;
}

/// A kernel without this service answers as of a connection that does not exist: it is asked about
/// a socket that does.
bool kernel_finds_one_of_ours() {
  const Connection listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (!listener.valid() || ::bind(listener.get(), generic, size) != 0 ||
      ::listen(listener.get(), 1) != 0 || ::getsockname(listener.get(), generic, &size) != 0) {
    return false;
  }
  const tcp::endpoint own{boost::asio::ip::address_v4::loopback(), ntohs(address.sin_port)};
  const tcp::endpoint nobody{boost::asio::ip::address_v4::any(), 0};
  return Kernel().connection(own, nobody, kNoInterface).has_value();
}

/// Whether it has this service. Asked until it is seen to: what cannot be tried now (no
/// descriptors) may be tried later.
bool kernel_finds_sockets() {
  static std::atomic<bool> does = false;
  if (!does) does = kernel_finds_one_of_ours();
  return does;
}

SocketOwner owner_of(const inet_diag_msg& found) {
  // One that its process has closed is shown as root's.
  const bool is_somebodys = found.idiag_state == kEstablished && found.idiag_inode != 0;
  return {is_somebodys ? std::optional(found.idiag_uid) : std::nullopt};
}

}  // namespace

std::optional<SocketOwner> peer_owner(const tcp::endpoint& theirs, const tcp::endpoint& ours) {
  if (const auto found = found_by_kernel(theirs, ours)) return owner_of(*found);
  if (!kernel_finds_sockets()) {
    if (const auto listed = connected_in_tables(theirs, ours)) return listed;
  }
  // Closed meanwhile, translated on its way (NAT), or hidden in a way that we do not know.
  return is_of_this_machine(theirs.address()) ? std::optional(SocketOwner{}) : std::nullopt;
}

}  // namespace icom::os
