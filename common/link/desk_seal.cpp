#include "common/link/desk_seal.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <span>
#include <stdexcept>

#include "common/link/keyed_hash.hpp"
#include "common/link/octets.hpp"
#include "common/text/hex.hpp"

namespace icom::link {
namespace {

constexpr std::size_t kShareBytes = 32;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeyBytes = 32;
/// See encrypt_once().
constexpr std::array<unsigned char, 12> kNonce{};

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot encrypt");
}

}  // namespace

DeskSecret secret_of_code(std::string_view code) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(octets(code), code.size(), digest.data());
  return {DeskHello::CODE, text::hex(std::as_bytes(std::span(digest)))};
}

DeskSecret secret_of_token(std::string token) {
  return {DeskHello::TOKEN, std::move(token)};
}

std::string purpose_of(DeskHello::Secret kind) {
  return kind == DeskHello::CODE ? "icom desk, code" : "icom desk, token";
}

void DeskShare::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

DeskShare::DeskShare()
    : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")), public_part_(kShareBytes, '\0') {
  std::size_t size = public_part_.size();
  require(key_ && EVP_PKEY_get_raw_public_key(key_.get(), octets(public_part_), &size) == 1 &&
          size == kShareBytes);
}

DeskShare::~DeskShare() = default;

std::optional<std::string> DeskShare::agreed_with(std::string_view public_part) const {
  if (public_part.size() != kShareBytes) return std::nullopt;
  const std::unique_ptr<EVP_PKEY, Free> other(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_X25519, nullptr, octets(public_part), public_part.size()));
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key_.get(), nullptr), &EVP_PKEY_CTX_free);
  std::string agreed(kShareBytes, '\0');
  std::size_t size = agreed.size();
  // OpenSSL refuses a share of small order, with which all agree on nothing.
  if (!other || !context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1 ||
      EVP_PKEY_derive(context.get(), octets(agreed), &size) != 1 || size != kShareBytes) {
    return std::nullopt;
  }
  return agreed;
}

std::string desk_key(Role sender, std::string_view secret, const Transcript& transcript,
                     std::string_view agreed) {
  return hkdf_sha256(agreed, session_key(sender, secret, transcript), "icom desk, AES-256-GCM",
                     kKeyBytes);
}

std::string encrypt_once(std::string_view key, std::string_view message) {
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string encrypted(message.size() + kTagBytes, '\0');
  int size = 0;
  int rest = 0;
  require(key.size() == kKeyBytes && context &&
          EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), octets(key), kNonce.data(),
                              nullptr) == 1 &&
          EVP_EncryptUpdate(context.get(), octets(encrypted), &size, octets(message),
                            static_cast<int>(message.size())) == 1 &&
          EVP_EncryptFinal_ex(context.get(), octets(encrypted) + size, &rest) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                              octets(encrypted) + message.size()) == 1);
  return encrypted;
}

std::optional<std::string> decrypt(std::string_view key, std::string_view encrypted) {
  if (key.size() != kKeyBytes || encrypted.size() < kTagBytes) return std::nullopt;
  const std::string_view body = encrypted.substr(0, encrypted.size() - kTagBytes);
  std::string tag(encrypted.substr(body.size()));
  std::string message(body.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int size = 0;
  int rest = 0;
  const bool right =
      context &&
      EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), octets(key), kNonce.data(), nullptr) ==
          1 &&
      EVP_DecryptUpdate(context.get(), octets(message), &size, octets(body),
                        static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, octets(tag)) == 1 &&
      EVP_DecryptFinal_ex(context.get(), octets(message) + size, &rest) == 1;
  if (!right) return std::nullopt;
  return message;
}

}  // namespace icom::link
