#include "agent/listen/second_client.hpp"

#include <tuple>

#include "common/os/own_addresses.hpp"
#include "common/os/socket_owner.hpp"

namespace icom::listen {

using boost::asio::ip::tcp;

namespace {

/// The port first: it differs nearly always, and is what a person can compare.
auto rank_of(const ClientEnds& ends) {
  return std::tuple(ends.own.port(), os::plain(ends.own.address()), os::plain(ends.linac.address()),
                    ends.linac.port());
}

}  // namespace

bool leaves_to(const ClientEnds& one, const ClientEnds& other) {
  return rank_of(other) < rank_of(one);
}

std::optional<ClientEnds> other_client(const ClientEnds& ours,
                                       const std::vector<tcp::endpoint>& linac) {
  std::optional<ClientEnds> first;
  for (const auto& address : linac) {
    for (const auto& end : os::connected_ends(address)) {
      const ClientEnds other{end, address};
      const bool is_ours = rank_of(other) == rank_of(ours);
      if (!is_ours && (!first || leaves_to(*first, other))) first = other;
    }
  }
  return first;
}

}  // namespace icom::listen
