// Whose a TCP socket of this machine is: what the kernel says of it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <vector>

#include "common/os/users.hpp"

namespace icom::os {

/// A socket of this machine. `user` is the account that opened it; nullopt if its process has
/// closed it, or the kernel does not say.
struct SocketOwner {
  std::optional<UserId> user;

  friend bool operator==(const SocketOwner&, const SocketOwner&) = default;
};

/// The other end of a connection that this process has accepted: `theirs` is its remote endpoint,
/// `ours` its local one. Returns nullopt if that end is not on this machine, which is never said of
/// an address of this machine, nor where nobody can say. The time that it takes does not grow with
/// the number of sockets (but, of a peer that is elsewhere, with that of interfaces and their
/// addresses), unless the kernel lacks its service for such questions. Thread-safe.
std::optional<SocketOwner> peer_owner(const boost::asio::ip::tcp::endpoint& theirs,
                                      const boost::asio::ip::tcp::endpoint& ours);

/// The account of that end; nullopt as well if nobody can say.
inline std::optional<UserId> peer_account(const boost::asio::ip::tcp::endpoint& theirs,
                                          const boost::asio::ip::tcp::endpoint& ours) {
  const auto owner = peer_owner(theirs, ours);
  return owner ? owner->user : std::nullopt;
}

/// Whether a program of this machine, whosever it is, has a connection to this endpoint, or makes
/// one; of an address of a link (fe80::), has one: nobody tells of which link it is. Takes time for
/// each socket of the machine: not for an event loop. Thread-safe.
bool is_connected_to(const boost::asio::ip::tcp::endpoint& peer);

/// The own ends of this machine's connections to `peer`, in plain() addresses: of those that stand,
/// neither end having said FIN; none of an address of a link. As is_connected_to() otherwise.
std::vector<boost::asio::ip::tcp::endpoint> connected_ends(
    const boost::asio::ip::tcp::endpoint& peer);

/// The account that listens at `endpoint`. Returns nullopt if nothing does, or the kernel does not
/// say. Nothing is connected to. Takes time for each socket of the machine: not for an event loop.
/// Thread-safe.
std::optional<UserId> listener_user(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace icom::os
