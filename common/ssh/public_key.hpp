// A public key as it stands in .pub files, known_hosts and authorized_keys.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icom::ssh {

class PublicKey {
 public:
  /// `TYPE BASE64`, a comment may follow. Nothing if it is anything else, or the type within the
  /// key is another. Input is untrusted.
  static std::optional<PublicKey> parse(std::string_view line);
  /// From the key's 32 bytes.
  static PublicKey of_ed25519(std::span<const std::uint8_t> bytes);

  [[nodiscard]] const std::string& type() const { return type_; }
  /// `ssh-ed25519 AAAA...`, no comment.
  [[nodiscard]] std::string text() const;
  /// `SHA256:...`, as OpenSSH shows and logs it.
  [[nodiscard]] std::string fingerprint() const;
  /// An Ed25519 key only; false for any other.
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;

  bool operator==(const PublicKey&) const = default;

 private:
  PublicKey(std::string type, std::vector<std::uint8_t> wire)
      : type_(std::move(type)), wire_(std::move(wire)) {}

  std::string type_;
  std::vector<std::uint8_t> wire_;
};

}  // namespace icom::ssh
