#include "gateway/serve/socket_unit.hpp"

#include "common/config/address.hpp"
#include "gateway/serve/gateway_unit.hpp"

namespace icom::serve {

namespace {

/// systemd takes a port alone for all addresses of the machine.
std::string address_text(const std::string& stream) {
  if (stream.find_first_not_of("0123456789") == std::string::npos) return "[::]:" + stream;
  const auto address = config::parse_address(stream, 0);
  return address ? address->text() : stream;
}

}  // namespace

std::vector<std::string> socket_unit_addresses(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> addresses;
  const auto streams = unit_values(kSocketUnit, "ListenStream", folders);
  for (const std::string& stream : streams.value_or(std::vector<std::string>())) {
    addresses.push_back(address_text(stream));
  }
  return addresses;
}

}  // namespace icom::serve
