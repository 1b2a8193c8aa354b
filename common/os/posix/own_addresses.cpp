#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <optional>

#include "common/os/own_addresses.hpp"

namespace icom::os {

namespace ip = boost::asio::ip;

namespace {

ip::address address_of(const in_addr& bytes) {
  ip::address_v4::bytes_type own;
  std::memcpy(own.data(), &bytes, own.size());
  return ip::address_v4(own);
}

ip::address address_of(const in6_addr& bytes) {
  ip::address_v6::bytes_type own;
  std::memcpy(own.data(), &bytes, own.size());
  return ip::address_v6(own);
}

/// nullopt of an address that is of neither protocol.
std::optional<ip::address> address_of(const sockaddr* generic) {
  if (generic == nullptr) return std::nullopt;
  if (generic->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, generic, sizeof v4);
    return address_of(v4.sin_addr);
  }
  if (generic->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, generic, sizeof v6);
    return address_of(v6.sin6_addr);
  }
  return std::nullopt;
}

bool an_interface_has(const ip::address& wanted) {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return true;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (address_of(one->ifa_addr) == wanted) return true;
  }
  return false;
}

}  // namespace

ip::address plain(const ip::address& address) {
  if (!address.is_v6()) return address;
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
  return ip::address_v6(v6.to_bytes());
}

bool is_of_this_machine(const ip::address& address) {
  const ip::address wanted = plain(address);
  // All of 127.0.0.0/8 is, though the interface names one.
  return wanted.is_loopback() || wanted.is_unspecified() || an_interface_has(wanted);
}

}  // namespace icom::os
