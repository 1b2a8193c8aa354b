// Whether two addresses, however they are written, are one and the same place.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/address.hpp"

namespace icom::supervise {

/// For a name server to answer.
inline constexpr std::chrono::seconds kResolveWithin{5};

/// What an address stands for.
struct ResolvedAddress {
  std::vector<boost::asio::ip::address>
      hosts;  ///< an IPv4 address in IPv6 form is the IPv4 address
  std::uint16_t port = 0;
  std::string failure;  ///< why there are no hosts

  [[nodiscard]] bool known() const { return !hosts.empty(); }
  /// A connection to the one may be a connection to the other.
  [[nodiscard]] bool meets(const ResolvedAddress& other) const;
};

/// Of an address that is no name; nothing if it is one.
std::optional<ResolvedAddress> resolved_without_asking(const config::Address& address);

/// Within kResolveWithin.
boost::asio::awaitable<ResolvedAddress> resolve_address(boost::asio::any_io_executor executor,
                                                        config::Address address);

/// In the order of `addresses`, all looked up at the same time, within kResolveWithin together.
/// Runs `io`, which must have nothing else to do.
std::vector<ResolvedAddress> resolve_all(boost::asio::io_context& io,
                                         const std::vector<config::Address>& addresses);

}  // namespace icom::supervise
