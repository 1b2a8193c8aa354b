// Two programs of one machine that have connected to one Linac in the same moment: neither was to
// be seen when the other one looked. docs/agent.md, "Two at once".
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <vector>

namespace icom::listen {

/// A connection of this machine to a Linac.
struct ClientEnds {
  boost::asio::ip::tcp::endpoint own;
  boost::asio::ip::tcp::endpoint linac;
};

/// Whether `one` leaves where both are connected. Whoever asks gets the same answer: of any two,
/// one does and the other does not.
bool leaves_to(const ClientEnds& one, const ClientEnds& other);

/// Of the others that are connected to one of these addresses of the Linac's, the one that no other
/// one makes leave. Nothing: `ours` is the only one, or nobody can tell. One that has said FIN
/// counts for none, and a copy of our descriptor is ours. Takes time for each socket of the
/// machine.
std::optional<ClientEnds> other_client(const ClientEnds& ours,
                                       const std::vector<boost::asio::ip::tcp::endpoint>& linac);

}  // namespace icom::listen
