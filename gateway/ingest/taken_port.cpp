#include "gateway/ingest/taken_port.hpp"

#include <algorithm>
#include <array>

#include "common/os/socket_owner.hpp"

namespace icom::ingest {

namespace {

/// Whoever listens at all addresses of the machine has this one, too.
bool somebody_listens(const boost::asio::ip::tcp::endpoint& endpoint) {
  namespace ip = boost::asio::ip;
  const std::array<ip::address, 3> addresses{endpoint.address(), ip::address_v4::any(),
                                             ip::address_v6::any()};
  return std::ranges::any_of(addresses, [&](const ip::address& address) {
    return os::listener_user({address, endpoint.port()}).has_value();
  });
}

}  // namespace

std::string how_to_free(const boost::asio::ip::tcp::endpoint& endpoint) {
  if (somebody_listens(endpoint)) return "stop what listens there, or change `ingest`";
  return "nothing listens there, so a program holds the port without listening, which ss does not "
         "show: end it, or change `ingest`; so that nobody can take the port again, have systemd "
         "hold it: icom-gateway.socket";
}

}  // namespace icom::ingest
