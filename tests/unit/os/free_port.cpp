#include "tests/unit/os/free_port.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <list>
#include <random>
#include <stdexcept>
#include <string>

namespace icom {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Below what Linux hands out to outgoing connections and to listeners on port 0
// (ip_local_port_range): nobody gets one of these unasked.
constexpr unsigned kFirst = 20000;
constexpr unsigned kPorts = 12000;

// By the names by which tests/lab/ports.py holds its ports: an abstract name is known in the
// network namespace in which the port is, and goes with its process.
bool held_by_us(unsigned port) {
  using Names = asio::local::datagram_protocol;
  static asio::io_context io;
  static std::list<Names::socket> held;
  error_code taken;
  Names::socket& name = held.emplace_back(io, Names());
  name.bind(Names::endpoint(std::string(1, '\0') + "icom-test-port-" + std::to_string(port)),
            taken);
  if (taken) held.pop_back();
  return !taken;
}

bool nobody_listens(unsigned port) {
  asio::io_context io;
  asio::ip::tcp::socket probe(io, asio::ip::tcp::v4());
  error_code taken;
  probe.bind({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}, taken);
  return !taken;
}

}  // namespace

std::uint16_t free_port() {
  const unsigned start = std::random_device()() % kPorts;
  for (unsigned tried = 0; tried < kPorts; ++tried) {
    const unsigned port = kFirst + (start + tried) % kPorts;
    if (held_by_us(port) && nobody_listens(port)) return static_cast<std::uint16_t>(port);
  }
  throw std::runtime_error("no port of " + std::to_string(kFirst) + " to " +
                           std::to_string(kFirst + kPorts - 1) + " is free");
}

}  // namespace icom
