// Who has connected.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>

#include "common/os/socket_owner.hpp"

namespace icom::fanout {

struct Visitor {
  boost::asio::ip::address address;
  bool on_this_machine = false;
  /// The account whose socket it is, if it is on this machine and that can be told: of one that is
  /// closing already it cannot.
  std::optional<os::UserId> user;
};

/// `theirs` and `ours`: the ends of a connection that we have accepted.
inline Visitor visitor(const boost::asio::ip::tcp::endpoint& theirs,
                       const boost::asio::ip::tcp::endpoint& ours) {
  const auto owner = os::peer_owner(theirs, ours);
  return {theirs.address(), owner.has_value(), owner ? owner->user : std::nullopt};
}

}  // namespace icom::fanout
