// HOST:PORT as users write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace icom::config {

/// Of a Linac's iCom server, unless its address says otherwise.
inline constexpr std::uint16_t kIcomPort = 1706;

struct Address {
  std::string host;  ///< a name, an IPv4 address, or an IPv6 address (written in brackets when a
                     ///< port follows)
  std::uint16_t port = 0;
  [[nodiscard]] std::string text() const;
  bool operator==(const Address&) const = default;
};

/// Nothing if `text` is neither HOST nor HOST:PORT (1 to 65535), or has no port where
/// `default_port` is 0.
std::optional<Address> parse_address(std::string_view text, std::uint16_t default_port);

/// Of a text that is no address, what is expected in its place, where its mistake is a known one:
/// `the address before the port: did you mean 192.168.17.40:1706?`.
std::optional<std::string> address_meant_by(std::string_view text);

/// Likewise, of a Linac's address on a command line, whatever the mistake is: `read "x", expected
/// ...`.
std::string no_linac_address_text(std::string_view text);

/// 0.0.0.0, ::, or another spelling of them: whoever is called there is this machine itself.
bool is_unspecified(const Address& address);

/// Whether the two are one in other spellings, as far as their texts tell: no name is looked up.
bool is_same_place(const Address& one, const Address& other);

/// 127.0.0.1, ::1, another address of this machine alone, or the name for it.
bool is_loopback(const Address& address);

/// Whether what listens at one keeps another program from listening at the other, as far as their
/// texts tell: they are one place, or one of them is all addresses of the other's kind.
bool exclude_each_other(const Address& one, const Address& other);

}  // namespace icom::config
