#include "common/config/tunnel_parts.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace icom::config {
namespace {

constexpr std::uint16_t kSshPort = 22;

std::optional<std::string> parse_host(const std::string& text) {
  constexpr std::uint16_t kNone = 1;
  const std::optional<Address> address = parse_address(text, kNone);
  if (!address || (address->host != text && '[' + address->host + ']' != text)) return std::nullopt;
  return address->host;
}

std::optional<std::uint16_t> parse_port(const std::string& text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

std::optional<std::string> parse_user(const std::string& text) {
  const bool printable =
      std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
  if (text.empty() || text.size() > 64 || !printable) return std::nullopt;
  return text;
}

}  // namespace

std::string read_sshd_host(MapReader& from) {
  return from
      .value("host", "the name or address of the hosting site's sshd, without a port", parse_host)
      .value_or("");
}

std::uint16_t read_sshd_port(MapReader& from) {
  return from.value("port", "a port from 1 to 65535", parse_port, Presence::optional)
      .value_or(kSshPort);
}

std::string read_sshd_user(MapReader& from) {
  return from.value("user", "the account at the hosting site's sshd", parse_user).value_or("");
}

}  // namespace icom::config
