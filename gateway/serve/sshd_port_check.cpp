#include "gateway/serve/sshd_port_check.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <charconv>
#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "common/log/printable.hpp"

namespace icom::serve {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kSshdConnectTime{3};
/// RFC 4253: with its end.
constexpr std::size_t kMostBanner = 255;
/// A machine has a few addresses; sshd is asked until one answers.
constexpr std::size_t kMostAsked = 8;
constexpr std::string_view kSecondVersion = "SSH-2.0-";

std::optional<tcp::endpoint> reached_at(const config::Address& listen) {
  boost::system::error_code name;
  auto address = asio::ip::make_address(listen.host, name);
  if (name) return std::nullopt;
  if (address.is_unspecified()) {
    address = address.is_v4() ? asio::ip::address(asio::ip::address_v4::loopback())
                              : asio::ip::address(asio::ip::address_v6::loopback());
  }
  return tcp::endpoint(address, listen.port);
}

struct FirstLine {
  bool is_connected = false;
  std::string text;
};

FirstLine first_line_from(const tcp::endpoint& endpoint) {
  asio::io_context io;
  tcp::socket socket(io);
  FirstLine line;
  std::string text;
  socket.async_connect(endpoint, [&](boost::system::error_code failed) {
    if (failed) return;
    line.is_connected = true;
    asio::async_read_until(socket, asio::dynamic_buffer(text, kMostBanner), '\n',
                           [](boost::system::error_code, std::size_t) {});
  });
  io.run_for(kSshdConnectTime);
  boost::system::error_code ignored;
  socket.close(ignored);
  io.run();
  line.text = log::printable(text.substr(0, text.find_first_of("\r\n")));
  return line;
}

/// The one that speaks SSH, or else one that takes connections; nullopt if none does.
std::optional<std::pair<tcp::endpoint, FirstLine>> answering(
    const std::vector<config::Address>& listens) {
  std::optional<std::pair<tcp::endpoint, FirstLine>> found;
  for (std::size_t i = 0; i < std::min(listens.size(), kMostAsked); ++i) {
    const auto endpoint = reached_at(listens[i]);
    if (!endpoint) continue;
    FirstLine line = first_line_from(*endpoint);
    const bool speaks = line.text.starts_with(kSecondVersion);
    if (line.is_connected && (speaks || !found)) found.emplace(*endpoint, std::move(line));
    if (speaks) break;
  }
  return found;
}

std::string texts_of(const std::vector<config::Address>& addresses) {
  std::string all;
  for (const config::Address& one : addresses) all += (all.empty() ? "" : ", ") + one.text();
  return all;
}

}  // namespace

std::string too_old(const std::string& banner) {
  constexpr std::string_view kName = "OpenSSH_";
  const std::size_t at = banner.find(kName);
  if (at == std::string::npos) return {};
  const char* const end = banner.data() + banner.size();
  unsigned release = 0;
  unsigned step = 0;
  const auto [dot, wrong] = std::from_chars(banner.data() + at + kName.size(), end, release);
  if (wrong != std::errc() || dot == end || *dot != '.') return {};
  if (std::from_chars(dot + 1, end, step).ec != std::errc()) return {};
  if (std::pair(release, step) >= std::pair(9U, 1U)) return {};
  return "it is older than OpenSSH 9.1, and does not understand until when an enrolment file is "
         "good: no site can enrol. Upgrade it";
}

void check_sshd_port(CheckReport& report, const std::string& named,
                     const std::vector<config::Address>& listens, std::uint16_t port) {
  std::vector<config::Address> there;
  std::ranges::copy_if(listens, std::back_inserter(there),
                       [port](const auto& address) { return address.port == port; });
  if (there.empty()) {
    report.note(named, "its settings have it listen at " + texts_of(listens) +
                           ", and sites are told to come to port " + std::to_string(port) +
                           " (tunnel.port): right only where a router or firewall before this "
                           "machine passes that port on to one of these; otherwise add `Port " +
                           std::to_string(port) + "`, and keep a `Port` line for each of these");
    there = listens;
  }
  const auto found = answering(there);
  if (!found) {
    report.line(false, named,
                "its settings have it listen at " + texts_of(there) +
                    ", and nothing answers there: systemctl status ssh says whether it runs; "
                    "systemctl restart ssh has it take its settings");
    return;
  }
  const auto& [endpoint, line] = *found;
  const std::string at = config::Address{endpoint.address().to_string(), endpoint.port()}.text();
  if (!line.text.starts_with(kSecondVersion)) {
    report.line(false, named,
                "what answers at " + at + " speaks no SSH" +
                    (line.text.empty() ? "" : " (it says: " + line.text + ")") +
                    ": another program has the port (ss -tlnp), or more connect to sshd and do not "
                    "log in than it takes (MaxStartups)");
    return;
  }
  report.line(true, named, "answers at " + at + ": " + line.text);
  if (const std::string why = too_old(line.text); !why.empty()) report.line(false, named, why);
}

}  // namespace icom::serve
