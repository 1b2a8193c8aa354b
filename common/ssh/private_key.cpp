#include "common/ssh/private_key.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <stdexcept>

#include "common/os/path_text.hpp"
#include "common/os/private_file.hpp"
#include "common/ssh/base64.hpp"
#include "common/ssh/ed25519.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/message_fields.hpp"
#include "common/text/byte_order_mark.hpp"

namespace icom::ssh {
namespace {

/// What stands in the clear at the start of OpenSSH's key format (PROTOCOL.key in its sources).
struct KeyHeader {
  std::string cipher;  ///< "none" without a passphrase
  std::string type;
  std::vector<std::uint8_t> secret;  ///< locked by the cipher, if there is one
};

std::optional<KeyHeader> parse_header(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kKeyMagic.size() ||
      !std::equal(kKeyMagic.begin(), kKeyMagic.end(), bytes.begin())) {
    return std::nullopt;
  }
  FieldReader fields(bytes.subspan(kKeyMagic.size()));
  const auto cipher = fields.text();
  const auto derivation = fields.string();
  const auto derivation_options = fields.string();
  const auto keys = fields.number();
  const auto public_key = fields.string();
  const auto secret = fields.string();
  if (!cipher || !derivation || !derivation_options || keys != 1U || !public_key || !secret) {
    return std::nullopt;
  }
  const auto type = FieldReader(*public_key).text();
  if (!type) return std::nullopt;
  return KeyHeader{*cipher, *type, {secret->begin(), secret->end()}};
}

/// The 64 bytes of an Ed25519 private key: the seed, then the public half.
std::optional<std::vector<std::uint8_t>> ed25519_secret(std::span<const std::uint8_t> bytes) {
  FieldReader fields(bytes);
  const auto check = fields.number();
  const auto check_again = fields.number();
  const auto type = fields.string();
  const auto public_half = fields.string();
  const auto secret = fields.string();
  if (!check || check != check_again || !type || !public_half || !secret) return std::nullopt;
  if (secret->size() != 2 * kEd25519Bytes) return std::nullopt;
  if (!std::ranges::equal(secret->last(kEd25519Bytes), *public_half)) return std::nullopt;
  return std::vector<std::uint8_t>(secret->begin(), secret->end());
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why) {
  throw Error(Category::settings, "private key " + os::utf8(file) + ": " + std::string(why));
}

std::string make_one(const std::filesystem::path& file) {
  return "icom-agent enrol makes one; by hand: ssh-keygen -t ed25519 -N '' -f " + os::utf8(file) +
         ", and have its .pub added to the tunnel's account at the hosting site";
}

void check_file(const std::filesystem::path& path, const os::PrivateFile& file) {
  switch (file.problem) {
    case os::PrivateFileProblem::none:
      return;
    case os::PrivateFileProblem::unreadable:
      if (file.error == std::errc::no_such_file_or_directory) {
        refuse(path, "the file does not exist; " + make_one(path));
      }
      refuse(path, "can not be read (" + file.error.message() +
                       "); the user that runs this program must own it");
    case os::PrivateFileProblem::not_a_file:
      refuse(path, "is not a regular file");
    case os::PrivateFileProblem::too_large:
      refuse(path, "is far too large to be a private key");
    case os::PrivateFileProblem::open_to_others:
      refuse(path, "others than its owner have access to it (" + file.rights +
                       "); if nobody can have copied it, do: " +
                       os::how_to_make_private(os::Access::owner, os::utf8(path)));
  }
}

/// The private key itself.
std::vector<std::uint8_t> parse(const std::filesystem::path& path, std::string_view text) {
  const std::size_t begin = text.find(kKeyBegin);
  const std::size_t end = text.find(kKeyEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    refuse(path, text.starts_with("ssh-") || text.starts_with("ecdsa-")
                     ? "is a public key; name the file without .pub"
                     : "is not a private key in OpenSSH's format; " + make_one(path));
  }
  const std::size_t body = begin + kKeyBegin.size();
  auto bytes = base64_decode(text.substr(body, end - body));
  auto header = bytes ? parse_header(*bytes) : std::nullopt;
  if (bytes) wipe(*bytes);
  if (!header) refuse(path, "is damaged; restore it, or " + make_one(path));
  if (header->cipher != "none") {
    refuse(path,
           "is locked by a passphrase, which a service can not type; remove it with: "
           "ssh-keygen -p -N '' -f " +
               os::utf8(path));
  }
  if (header->type != "ssh-ed25519") {
    refuse(path, "is of type " + header->type + "; only Ed25519 is supported; " + make_one(path));
  }
  auto secret = ed25519_secret(header->secret);
  wipe(header->secret);
  if (!secret) refuse(path, "is damaged; restore it, or " + make_one(path));
  return std::move(*secret);
}

}  // namespace

PrivateKey PrivateKey::load(const std::filesystem::path& path) {
  os::PrivateFile file = os::read_private_file(path);
  check_file(path, file);
  // As editors of Windows leave it; libssh2 takes neither.
  file.content.erase(0, file.content.size() - text::without_byte_order_mark(file.content).size());
  std::erase(file.content, '\r');
  std::vector<std::uint8_t> secret = parse(path, file.content);
  return {std::move(file.content), std::move(secret)};
}

PublicKey PrivateKey::public_key() const {
  return PublicKey::of_ed25519(std::span(secret_).last(kEd25519Bytes));
}

std::vector<std::uint8_t> PrivateKey::sign(std::string_view message) const {
  const OpenSslKey key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret_.data(), kEd25519Bytes));
  const OpenSslDigest context(EVP_MD_CTX_new());
  std::vector<std::uint8_t> signature(kEd25519SignatureBytes);
  std::size_t size = signature.size();
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  if (!key || !context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, bytes, message.size()) != 1) {
    throw std::runtime_error("OpenSSL cannot sign with an Ed25519 key");
  }
  signature.resize(size);
  return signature;
}

PrivateKey::PrivateKey(std::string text, std::vector<std::uint8_t> secret)
    : text_(std::move(text)), secret_(std::move(secret)) {}

PrivateKey::PrivateKey(PrivateKey&& other) noexcept
    : text_(std::move(other.text_)), secret_(std::move(other.secret_)) {
  wipe(other.text_);
  wipe(other.secret_);
}

PrivateKey::~PrivateKey() {
  wipe(text_);
  wipe(secret_);
}

}  // namespace icom::ssh
