#include "common/ssh/public_key.hpp"

#include <openssl/sha.h>

#include <array>

#include "common/ssh/base64.hpp"
#include "common/ssh/ed25519.hpp"
#include "common/ssh/message_fields.hpp"

namespace icom::ssh {
namespace {

constexpr const char* kEd25519 = "ssh-ed25519";
/// An RSA key of 16,384 bits has less.
constexpr std::size_t kMaxKeyText = 4096;

std::string_view next_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t\r\n", begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

}  // namespace

std::optional<PublicKey> PublicKey::parse(std::string_view line) {
  const std::string_view type = next_word(line);
  const std::string_view key = next_word(line);
  if (type.empty() || key.empty() || key.size() > kMaxKeyText) return std::nullopt;
  auto wire = base64_decode(key);
  if (!wire) return std::nullopt;
  FieldReader fields(*wire);
  const auto inner_type = fields.text();
  if (!inner_type || *inner_type != type) return std::nullopt;
  if (type == kEd25519) {
    const auto bytes = fields.string();
    if (!bytes || bytes->size() != kEd25519Bytes || fields.number()) return std::nullopt;
    return of_ed25519(*bytes);  // whatever base64 allows to be spelt in two ways is spelt in one
  }
  return PublicKey(std::string(type), std::move(*wire));
}

PublicKey PublicKey::of_ed25519(std::span<const std::uint8_t> bytes) {
  FieldWriter fields;
  fields.string(kEd25519);
  fields.string(bytes);
  return {kEd25519, std::move(fields.bytes())};
}

std::string PublicKey::text() const {
  return type_ + ' ' + base64_encode_padded(wire_);
}

std::string PublicKey::fingerprint() const {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(wire_.data(), wire_.size(), digest.data());
  return "SHA256:" + base64_encode(digest);
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
  if (type_ != kEd25519) return false;
  const auto bytes = std::span(wire_).last(kEd25519Bytes);
  const OpenSslKey key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()));
  const OpenSslDigest context(EVP_MD_CTX_new());
  const auto* const signed_bytes = reinterpret_cast<const unsigned char*>(message.data());
  const auto* const signature_bytes = reinterpret_cast<const unsigned char*>(signature.data());
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature_bytes, signature.size(), signed_bytes,
                          message.size()) == 1;
}

}  // namespace icom::ssh
