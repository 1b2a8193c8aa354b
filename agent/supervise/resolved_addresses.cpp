#include "agent/supervise/resolved_addresses.hpp"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

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

asio::awaitable<void> resolve_into(asio::io_context& io, config::Address address,
                                   ResolvedAddress& into) {
  into = co_await resolve_address(io.get_executor(), std::move(address));
}

}  // namespace

std::optional<ResolvedAddress> resolved_without_asking(const config::Address& address) {
  boost::system::error_code name;
  const auto host = ip::make_address(address.host, name);
  if (name) return std::nullopt;
  return ResolvedAddress{.hosts = {plain(host)}, .port = address.port, .failure = {}};
}

asio::awaitable<ResolvedAddress> resolve_address(asio::any_io_executor executor,
                                                 config::Address address) {
  NameResolver resolver(std::move(executor));
  boost::system::error_code error;
  const auto found = co_await resolver.resolve(address.host, kResolveWithin, error);
  ResolvedAddress resolved{.hosts = {}, .port = address.port, .failure = {}};
  for (const auto& host : found) resolved.hosts.push_back(plain(host));
  if (!resolved.known()) resolved.failure = error ? error.message() : "it has no address";
  co_return resolved;
}

bool ResolvedAddress::meets(const ResolvedAddress& other) const {
  return port == other.port && std::ranges::find_first_of(hosts, other.hosts) != hosts.end();
}

std::vector<ResolvedAddress> resolve_all(asio::io_context& io,
                                         const std::vector<config::Address>& addresses) {
  std::vector<ResolvedAddress> resolved(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    asio::co_spawn(io, resolve_into(io, addresses[i], resolved[i]), asio::detached);
  }
  io.restart();
  io.run();
  return resolved;
}

}  // namespace icom::supervise
