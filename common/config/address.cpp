#include "common/config/address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <vector>

namespace icom::config {
namespace {

constexpr std::size_t kMaxHostName = 253;  // RFC 1035

bool is_ipv6(std::string_view text) {
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(text), error);
  return !error;
}

bool is_ipv4(std::string_view text) {
  boost::system::error_code error;
  boost::asio::ip::make_address_v4(std::string(text), error);
  return !error;
}

bool is_host_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= kMaxHostName && std::ranges::all_of(text, letter) &&
         text.front() != '.' && text.front() != '-' && text.find("..") == std::string_view::npos;
}

/// Digits and dots are an IPv4 address, and a wrong one is never a name: 192.168.17.400 must not be
/// looked up.
bool is_name_or_ipv4(std::string_view text) {
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return is_ipv4(text);
  return is_host_name(text);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

/// The spelling that all spellings of an address, or of a name, have in common.
std::string plain_spelling(std::string host) {
  namespace ip = boost::asio::ip;
  boost::system::error_code name;
  const ip::address address = ip::make_address(host, name);
  if (name) {
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    std::ranges::transform(host, host.begin(), small);
    if (host.ends_with('.')) host.pop_back();
    return host;
  }
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

constexpr std::string_view kLocalhost = "localhost";

/// The addresses that a listener at `host` takes, as far as its text tells: of names only one is
/// known.
std::vector<boost::asio::ip::address> listened_at(const std::string& host) {
  namespace ip = boost::asio::ip;
  const std::string plain = plain_spelling(host);
  if (plain == kLocalhost) return {ip::address_v4::loopback(), ip::address_v6::loopback()};
  boost::system::error_code name;
  const ip::address address = ip::make_address(plain, name);
  return name ? std::vector<ip::address>() : std::vector{address};
}

bool overlap(const boost::asio::ip::address& one, const boost::asio::ip::address& other) {
  return one == other ||
         (one.is_v4() == other.is_v4() && (one.is_unspecified() || other.is_unspecified()));
}

}  // namespace

std::string Address::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::optional<Address> parse_address(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::optional<std::string_view> port;
  bool valid_host = false;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    valid_host = is_ipv6(host);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    if (!rest.empty()) port = rest.substr(1);
  } else if (std::ranges::count(text, ':') > 1) {
    valid_host = is_ipv6(host);
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    valid_host = is_name_or_ipv4(host);
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
  }
  if (!valid_host) return std::nullopt;

  if (!port) {
    if (default_port == 0) return std::nullopt;
    return Address{std::string(host), default_port};
  }
  const std::optional<std::uint16_t> number = parse_port(*port);
  if (!number) return std::nullopt;
  return Address{std::string(host), *number};
}

std::optional<std::string> address_meant_by(std::string_view text) {
  const auto only = [](std::string_view of, std::string_view characters) {
    return !of.empty() && of.find_first_not_of(characters) == std::string_view::npos;
  };
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kDigitsAndDots = "0123456789.";
  const std::size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (colon != std::string_view::npos && only(host, kDigits)) {
    const std::string turned = std::string(text.substr(colon + 1)) + ':' + std::string(host);
    if (parse_address(turned, 0)) {
      return "the address before the port: did you mean " + turned + "?";
    }
  }
  if (only(host, kDigitsAndDots) && host.find('.') != std::string_view::npos && !is_ipv4(host)) {
    return "an ADDRESS of four numbers from 0 to 255 with dots between them, such as 192.168.17.40";
  }
  return std::nullopt;
}

std::string no_linac_address_text(std::string_view text) {
  return "read \"" + std::string(text) + "\", expected " +
         address_meant_by(text).value_or(
             "ADDRESS or ADDRESS:PORT of the Linac, such as 192.168.17.40");
}

bool is_unspecified(const Address& address) {
  boost::system::error_code name;
  const auto known = boost::asio::ip::make_address(plain_spelling(address.host), name);
  return !name && known.is_unspecified();
}

bool is_same_place(const Address& one, const Address& other) {
  return one.port == other.port && plain_spelling(one.host) == plain_spelling(other.host);
}

bool is_loopback(const Address& address) {
  const std::string plain = plain_spelling(address.host);
  boost::system::error_code name;
  const auto known = boost::asio::ip::make_address(plain, name);
  return name ? plain == kLocalhost : known.is_loopback();
}

bool exclude_each_other(const Address& one, const Address& other) {
  if (is_same_place(one, other)) return true;
  if (one.port != other.port) return false;
  const auto others = listened_at(other.host);
  return std::ranges::any_of(listened_at(one.host), [&others](const auto& address) {
    return std::ranges::any_of(
        others, [&address](const auto& another) { return overlap(address, another); });
  });
}

}  // namespace icom::config
