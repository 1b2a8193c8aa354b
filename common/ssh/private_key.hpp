// The user's private key: what is accepted, and what is said of the rest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/ssh/public_key.hpp"

namespace icom::ssh {

/// The text of a key file, wiped from memory when it goes.
class PrivateKey {
 public:
  /// Throws Error (settings) unless `file` is a regular file which only its owner has rights to,
  /// holding one Ed25519 key in OpenSSH's format without a passphrase: the only kind of key that
  /// libssh2 1.10 and a current sshd both take.
  static PrivateKey load(const std::filesystem::path& file);

  PrivateKey(PrivateKey&& other) noexcept;
  PrivateKey& operator=(PrivateKey&&) = delete;
  ~PrivateKey();

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] PublicKey public_key() const;
  /// PublicKey::verifies() tells whether such a signature is this key's.
  [[nodiscard]] std::vector<std::uint8_t> sign(std::string_view message) const;

 private:
  PrivateKey(std::string text, std::vector<std::uint8_t> secret);
  std::string text_;
  std::vector<std::uint8_t> secret_;  ///< the seed, then the public half
};

}  // namespace icom::ssh
