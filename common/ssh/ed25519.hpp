// What the files about Ed25519 keys share. Private to common/ssh.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace icom::ssh {

/// Of a seed, and of a public key.
inline constexpr std::size_t kEd25519Bytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;

// OpenSSH's private key files (PROTOCOL.key in its sources).
inline constexpr std::string_view kKeyBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
inline constexpr std::string_view kKeyEnd = "-----END OPENSSH PRIVATE KEY-----";
inline constexpr std::string_view kKeyMagic{"openssh-key-v1\0", 15};

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using OpenSslKey = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;
using OpenSslDigest = std::unique_ptr<EVP_MD_CTX, FreeOpenSsl>;

/// Overwrites in a way that the compiler may not leave out although nobody reads it again.
template <typename Text>
void wipe(Text& text) {
  volatile auto* bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
}

}  // namespace icom::ssh
