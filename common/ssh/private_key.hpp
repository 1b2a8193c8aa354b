// The user's private key: what is accepted, and what is said of the rest.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

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

 private:
  explicit PrivateKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace icom::ssh
