#include "common/ssh/key_pair.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

#include "common/ssh/base64.hpp"
#include "common/ssh/ed25519.hpp"
#include "common/ssh/message_fields.hpp"

namespace icom::ssh {
namespace {

constexpr std::size_t kLine = 70;  // as ssh-keygen breaks them
constexpr std::size_t kBlock = 8;  // of the cipher "none"

using HalfKey = std::array<std::uint8_t, kEd25519Bytes>;

struct RawPair {
  HalfKey seed{};
  HalfKey public_half{};
};

RawPair make_raw_pair() {
  RawPair pair;
  std::size_t seed_size = pair.seed.size();
  std::size_t public_size = pair.public_half.size();
  const OpenSslKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key || EVP_PKEY_get_raw_private_key(key.get(), pair.seed.data(), &seed_size) != 1 ||
      EVP_PKEY_get_raw_public_key(key.get(), pair.public_half.data(), &public_size) != 1) {
    throw std::runtime_error("OpenSSL cannot make an Ed25519 key");
  }
  return pair;
}

/// The part that a passphrase would lock.
std::vector<std::uint8_t> secret_part(const RawPair& pair, const std::string& comment) {
  std::array<std::uint8_t, 4> check{};
  if (RAND_bytes(check.data(), static_cast<int>(check.size())) != 1) {
    throw std::runtime_error("OpenSSL has no randomness to give");
  }
  std::array<std::uint8_t, 2 * kEd25519Bytes> both{};
  std::copy(pair.seed.begin(), pair.seed.end(), both.begin());
  std::copy(pair.public_half.begin(), pair.public_half.end(), both.begin() + kEd25519Bytes);

  FieldWriter fields;
  fields.raw(check);
  fields.raw(check);
  fields.string("ssh-ed25519");
  fields.string(pair.public_half);
  fields.string(both);
  fields.string(comment);
  for (std::uint8_t filler = 1; fields.bytes().size() % kBlock != 0; ++filler) {
    fields.bytes().push_back(filler);
  }
  wipe(both);
  return std::move(fields.bytes());
}

std::string key_file_text(const RawPair& pair, const std::string& comment) {
  FieldWriter public_key;
  public_key.string("ssh-ed25519");
  public_key.string(pair.public_half);

  FieldWriter fields;
  fields.raw(kKeyMagic);
  fields.string("none");
  fields.string("none");
  fields.string("");
  fields.number(1);
  fields.string(public_key.bytes());
  std::vector<std::uint8_t> secret = secret_part(pair, comment);
  fields.string(secret);
  std::string body = base64_encode_padded(fields.bytes());
  wipe(secret);
  wipe(fields.bytes());

  std::string text(kKeyBegin);
  text += '\n';
  for (std::size_t at = 0; at < body.size(); at += kLine) text += body.substr(at, kLine) + '\n';
  wipe(body);
  return text + std::string(kKeyEnd) + '\n';
}

}  // namespace

KeyPair make_key_pair(const std::string& comment) {
  RawPair raw = make_raw_pair();
  KeyPair pair{key_file_text(raw, comment), PublicKey::of_ed25519(raw.public_half)};
  wipe(raw.seed);
  return pair;
}

}  // namespace icom::ssh
