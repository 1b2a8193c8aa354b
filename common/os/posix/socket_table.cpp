#include "common/os/posix/socket_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/os/own_addresses.hpp"

namespace icom::os {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::array kTables{"/proc/net/tcp", "/proc/net/tcp6"};
constexpr std::string_view kEstablishedText = "01";
constexpr std::string_view kSynSent = "02";
constexpr std::string_view kListening = "0A";

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> all;
  while (true) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return all;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find(' '), line.size());
    all.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

template <typename Number>
std::optional<Number> number(std::string_view text, int base) {
  Number value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return wrong == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

tcp::endpoint plain_end(const tcp::endpoint& endpoint) {
  return {plain(endpoint.address()), endpoint.port()};
}

/// The tables do not tell of which link: two machines may have it.
bool is_of_a_link(const tcp::endpoint& endpoint) {
  return endpoint.address().is_v6() && endpoint.address().to_v6().is_link_local();
}

/// `0100007F:1F90`: words of four bytes as this machine writes them as numbers, then the port.
std::optional<tcp::endpoint> endpoint_of(std::string_view text) {
  constexpr std::size_t kDigits = 8;
  const std::size_t colon = text.find(':');
  if (colon != kDigits && colon != 4 * kDigits) return std::nullopt;
  std::array<unsigned char, 16> bytes{};
  for (std::size_t at = 0; at < colon; at += kDigits) {
    const auto word = number<std::uint32_t>(text.substr(at, kDigits), 16);
    if (!word) return std::nullopt;
    std::memcpy(bytes.data() + at / 2, &*word, sizeof *word);
  }
  const auto port = number<std::uint16_t>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  if (colon == kDigits) {
    return tcp::endpoint{asio::ip::address_v4({bytes[0], bytes[1], bytes[2], bytes[3]}), *port};
  }
  return tcp::endpoint{plain(asio::ip::address_v6(bytes)), *port};
}

/// A line of a table.
struct Row {
  std::optional<tcp::endpoint> own;
  std::optional<tcp::endpoint> peer;
  std::string_view state;
  std::string_view user;
  std::string_view inode;
};

/// The first row for which `wanted` is true.
template <typename Wanted>
std::optional<Row> find_row(std::string_view table, const Wanted& wanted) {
  constexpr std::size_t kColumns = 10;
  while (!table.empty()) {
    const std::size_t end = std::min(table.find('\n'), table.size());
    const auto line = words(table.substr(0, end));
    table.remove_prefix(std::min(end + 1, table.size()));
    if (line.size() < kColumns) continue;
    // Number, own end, peer, state, queues, timer, retransmissions, account, timeout, inode, ...
    Row row{endpoint_of(line[1]), endpoint_of(line[2]), line[3], line[7], line[9]};
    if (wanted(row)) return row;
  }
  return std::nullopt;
}

std::string read(const char* table) {
  std::ifstream file(table);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::optional<SocketOwner> connected_in(std::string_view table, const tcp::endpoint& own,
                                        const tcp::endpoint& peer) {
  const auto row = find_row(table, [own = plain_end(own), peer = plain_end(peer)](const Row& at) {
    return at.own == own && at.peer == peer;
  });
  if (!row) return std::nullopt;
  SocketOwner owner;
  // One that its process has closed is shown as root's.
  if (row->state == kEstablishedText && row->inode != "0") {
    owner.user = number<UserId>(row->user, 10);
  }
  return owner;
}

bool is_connected_in(std::string_view table, const tcp::endpoint& peer) {
  return find_row(table,
                  [peer = plain_end(peer)](const Row& at) {
                    return at.peer == peer && (at.state == kEstablishedText ||
                                               (at.state == kSynSent && !is_of_a_link(peer)));
                  })
      .has_value();
}

std::vector<tcp::endpoint> connected_ends_in(std::string_view table, const tcp::endpoint& peer) {
  std::vector<tcp::endpoint> ends;
  if (is_of_a_link(peer)) return ends;
  find_row(table, [&ends, peer = plain_end(peer)](const Row& at) {
    if (at.peer == peer && at.own && at.state == kEstablishedText) ends.push_back(*at.own);
    return false;
  });
  return ends;
}

std::optional<UserId> listening_in(std::string_view table, const tcp::endpoint& endpoint) {
  const auto row = find_row(table, [own = plain_end(endpoint)](const Row& at) {
    return at.own == own && at.state == kListening;
  });
  return row ? number<UserId>(row->user, 10) : std::nullopt;
}

std::optional<SocketOwner> connected_in_tables(const tcp::endpoint& own,
                                               const tcp::endpoint& peer) {
  for (const char* table : kTables) {
    if (const auto owner = connected_in(read(table), own, peer)) return owner;
  }
  return std::nullopt;
}

bool is_connected_to(const tcp::endpoint& peer) {
  return std::ranges::any_of(kTables,
                             [&](const char* table) { return is_connected_in(read(table), peer); });
}

std::vector<tcp::endpoint> connected_ends(const tcp::endpoint& peer) {
  std::vector<tcp::endpoint> all;
  for (const char* table : kTables) {
    const auto ends = connected_ends_in(read(table), peer);
    all.insert(all.end(), ends.begin(), ends.end());
  }
  return all;
}

std::optional<UserId> listener_user(const tcp::endpoint& endpoint) {
  for (const char* table : kTables) {
    if (const auto user = listening_in(read(table), endpoint)) return user;
  }
  return std::nullopt;
}

}  // namespace icom::os
