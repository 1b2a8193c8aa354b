#include "agent/supervise/resolved_addresses.hpp"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "common/asio/name_resolver.hpp"

namespace icom::supervise {

namespace asio = boost::asio;
namespace ip = asio::ip;

namespace {

/// As the kernel takes it: one that stands for no machine is this one.
ip::address plain(const ip::address& address) {
  ip::address result = address;
  if (address.is_v6()) {
    const ip::address_v6 v6 = address.to_v6();
    result = v6.is_v4_mapped() ? ip::address(ip::make_address_v4(ip::v4_mapped, v6))
                               : ip::address(ip::address_v6(v6.to_bytes()));  // of any interface
  }
  if (!result.is_unspecified()) return result;
  return result.is_v4() ? ip::address(ip::address_v4::loopback())
                        : ip::address(ip::address_v6::loopback());
}

asio::awaitable<void> resolve(asio::io_context& io, std::string host, ResolvedAddress& into) {
  NameResolver resolver(io.get_executor());
  boost::system::error_code error;
  const auto found = co_await resolver.resolve(std::move(host), kResolveWithin, error);
  for (const auto& address : found) into.hosts.push_back(plain(address));
  if (into.hosts.empty()) into.failure = error ? error.message() : "it has no address";
}

}  // namespace

bool ResolvedAddress::meets(const ResolvedAddress& other) const {
  return port == other.port && std::ranges::find_first_of(hosts, other.hosts) != hosts.end();
}

std::vector<ResolvedAddress> resolve_all(asio::io_context& io,
                                         const std::vector<config::Address>& addresses) {
  std::vector<ResolvedAddress> resolved(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    resolved[i].port = addresses[i].port;
    asio::co_spawn(io, resolve(io, addresses[i].host, resolved[i]), asio::detached);
  }
  io.restart();
  io.run();
  return resolved;
}

}  // namespace icom::supervise
