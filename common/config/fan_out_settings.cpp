#include "common/config/fan_out_settings.hpp"

#include <algorithm>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>
#include <map>
#include <utility>

#include "common/config/map_reader.hpp"
#include "common/config/name.hpp"
#include "common/text/nearest.hpp"

namespace icom::config {

namespace ip = boost::asio::ip;

namespace {

using Serials = std::optional<std::vector<std::string>>;

ip::address without_mapping(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

/// An account's name as systems have them, a number, or kEveryUser.
std::optional<std::string> parse_client_user(const std::string& text) {
  constexpr std::size_t kLongest = 64;
  const bool is_one_word = std::ranges::all_of(
      text, [](unsigned char c) { return c > ' ' && c != 0x7F && c != ':' && c != ','; });
  if (text.empty() || text.size() > kLongest || !is_one_word) return std::nullopt;
  return text;
}

FanOutPort read_port(MapReader& from) {
  FanOutPort port;
  port.serial = from.value("serial", "the serial of a Linac", parse_name).value_or("");
  port.listen = from.address("listen", "PORT or ADDRESS:PORT to listen on, such as 17060",
                             AddressForm::port_or_address)
                    .value_or(Address{});
  from.done();
  return port;
}

/// Each port is of a Linac that the site has, where its Linacs are known.
void check_serial(MapReader& entry, const std::string& serial, const Serials& known) {
  if (!known || serial.empty() || std::ranges::find(*known, serial) != known->end()) return;
  std::string all;
  for (const std::string& one : *known) all += (all.empty() ? "" : ", ") + one;
  const std::string* const meant = text::nearest(*known, serial);
  entry.problem("serial", "the serial of a Linac that the site has" +
                              (meant != nullptr ? ": did you mean " + *meant + "?"
                               : all.empty()    ? "; it has none"
                                                : "; it has " + all));
}

std::vector<FanOutPort> read_ports(MapReader& from, const Serials& known) {
  std::vector<FanOutPort> ports;
  const auto entries = from.list("ports", "a list of serial and listen, one for each Linac");
  if (!entries) return ports;
  std::map<std::string, std::string> serials;
  std::map<std::string, std::string> listens;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    auto entry = from.entry((*entries)[i], "ports", i);
    if (!entry) continue;
    FanOutPort port = read_port(*entry);
    check_serial(*entry, port.serial, known);
    const std::string line = std::to_string(entry->mark("").line + 1);
    if (const auto [other, is_new] = serials.emplace(port.serial, line);
        !is_new && !port.serial.empty()) {
      entry->problem("serial", "one port a Linac; line " + other->second + " has it too");
    }
    if (const auto [other, is_new] = listens.emplace(port.listen.text(), line);
        !is_new && port.listen.port != 0) {
      entry->problem("listen", "an address of its own; line " + other->second + " has it too");
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

}  // namespace

bool Network::contains(const ip::address& other) const {
  const ip::address plain = without_mapping(other);
  if (plain.is_v4() != address.is_v4()) return false;
  const auto bits = static_cast<unsigned short>(prefix);
  if (plain.is_v4()) {
    return ip::network_v4(plain.to_v4(), bits).canonical().network() == address.to_v4();
  }
  return ip::network_v6(plain.to_v6(), bits).canonical().address() == address.to_v6();
}

std::string Network::text() const {
  return address.to_string() + '/' + std::to_string(prefix);
}

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return std::nullopt;
  const unsigned most = address.is_v4() ? 32 : 128;
  unsigned prefix = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (wrong != std::errc{} || end != digits.data() + digits.size() || prefix > most) {
      return std::nullopt;
    }
  }
  Network network{address, prefix};
  if (!network.contains(address)) return std::nullopt;
  return network;
}

FanOutSettings read_fan_out(MapReader& from,
                            const std::optional<std::vector<std::string>>& serials) {
  FanOutSettings settings;
  auto fan_out = from.map("fan_out", Presence::optional);
  if (!fan_out) return settings;
  const char* const expected = "a list of addresses and networks, such as 192.168.17.0/24";
  if (const auto allow = fan_out->list("allow", expected, Presence::optional)) {
    for (std::size_t i = 0; i < allow->size(); ++i) {
      const auto network = fan_out->item((*allow)[i], "allow", i,
                                         "an address or a network such as 192.168.17.0/24, no bits "
                                         "set behind the prefix",
                                         parse_network);
      if (network) settings.allow.push_back(*network);
    }
  }
  const char* const users_expected = "a list of accounts of this machine, such as [pymedphys]";
  if (const auto users = fan_out->list("users", users_expected, Presence::optional)) {
    for (std::size_t i = 0; i < users->size(); ++i) {
      auto user = fan_out->item((*users)[i], "users", i,
                                "the name of an account of this machine; \"*\" for all of them",
                                parse_client_user);
      if (user) settings.users.push_back(*std::move(user));
    }
  }
  settings.ports = read_ports(*fan_out, serials);
  fan_out->done();
  return settings;
}

}  // namespace icom::config
