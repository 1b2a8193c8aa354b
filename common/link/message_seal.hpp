// The seal that each message of the link bears once both ends have proved themselves. No I/O.
// docs/protocol.md, "The proof".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace icom::link {

/// Behind each message. A truncated tag: the first wrong one ends the connection, so a forger has
/// one guess of 2^64 for each connection that he breaks into. At 4 Hz 16 bytes would often cost
/// another 16 in SSH's padding.
inline constexpr std::size_t kSealBytes = 8;

/// Seals what one end sends. HMAC-SHA256 over the message's number and its bytes: what was changed,
/// left out, repeated, put in another order or sent back to its sender does not bear the seal that
/// is due. Not thread-safe.
class MessageSealer {
 public:
  /// `key` as session_key() of this end.
  explicit MessageSealer(std::string key) : key_(std::move(key)) {}
  /// The message and its seal, as they go over the wire.
  [[nodiscard]] std::string seal(std::string_view message);

 private:
  std::string key_;
  std::uint64_t number_ = 0;
};

/// The other end of a MessageSealer. Not thread-safe.
class SealChecker {
 public:
  /// `key` as session_key() of the other end.
  explicit SealChecker(std::string key) : key_(std::move(key)) {}
  /// The message in `sealed`, without its seal. Returns nullopt if that is not the one that is due,
  /// and from then on for everything.
  [[nodiscard]] std::optional<std::string_view> open(std::string_view sealed);

 private:
  std::string key_;
  std::uint64_t number_ = 0;
  bool broken_ = false;
};

}  // namespace icom::link
