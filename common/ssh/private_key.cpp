#include "common/ssh/private_key.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/ssh/base64.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/private_file.hpp"

namespace icom::ssh {
namespace {

constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kEnd = "-----END OPENSSH PRIVATE KEY-----";
constexpr std::string_view kMagic{"openssh-key-v1\0", 15};

/// Overwrites in a way that the compiler may not leave out although nobody reads it again.
template <typename Text>
void wipe(Text& text) {
  volatile auto* bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = 0;
}

/// What stands in the clear at the start of OpenSSH's key format (PROTOCOL.key in its sources).
struct KeyHeader {
  std::string cipher;  ///< "none" without a passphrase
  std::string type;
};

/// The fields of an SSH message, one after the other.
class Fields {
 public:
  explicit Fields(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::optional<std::uint32_t> number() {
    if (bytes_.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const std::uint8_t byte : bytes_.first(4)) value = value << 8U | byte;
    bytes_ = bytes_.subspan(4);
    return value;
  }

  std::optional<std::span<const std::uint8_t>> string() {
    const auto size = number();
    if (!size || *size > bytes_.size()) return std::nullopt;
    const auto value = bytes_.first(*size);
    bytes_ = bytes_.subspan(*size);
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

std::string as_text(std::span<const std::uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

std::optional<KeyHeader> parse_header(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kMagic.size() || as_text(bytes.first(kMagic.size())) != kMagic) {
    return std::nullopt;
  }
  Fields fields(bytes.subspan(kMagic.size()));
  const auto cipher = fields.string();
  const auto derivation = fields.string();
  const auto derivation_options = fields.string();
  const auto keys = fields.number();
  const auto public_key = fields.string();
  if (!cipher || !derivation || !derivation_options || keys != 1U || !public_key) {
    return std::nullopt;
  }
  const auto type = Fields(*public_key).string();
  if (!type) return std::nullopt;
  return KeyHeader{as_text(*cipher), as_text(*type)};
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why) {
  throw Error(Category::settings, "private key " + file.string() + ": " + std::string(why));
}

std::string make_one(const std::filesystem::path& file) {
  return "make one with: ssh-keygen -t ed25519 -N '' -f " + file.string() +
         ", and have its .pub added to the tunnel's account at the hosting site";
}

std::string octal(unsigned permissions) {
  std::string digits;
  for (unsigned shift = 9; shift <= 9; shift -= 3) {
    digits += static_cast<char>('0' + (permissions >> shift & 7U));
  }
  return digits;
}

void check_file(const std::filesystem::path& path, const PrivateFile& file) {
  switch (file.problem) {
    case PrivateFileProblem::none:
      return;
    case PrivateFileProblem::unreadable:
      if (file.error == std::errc::no_such_file_or_directory) {
        refuse(path, "the file does not exist; " + make_one(path));
      }
      refuse(path, "can not be read (" + file.error.message() +
                       "); the user that runs this program must own it");
    case PrivateFileProblem::not_a_file:
      refuse(path, "is not a regular file");
    case PrivateFileProblem::too_large:
      refuse(path, "is far too large to be a private key");
    case PrivateFileProblem::open_to_others:
      refuse(path, "others than its owner have access to it (mode " + octal(file.permissions) +
                       "); if nobody can have copied it, do: chmod 600 " + path.string());
  }
}

void check_format(const std::filesystem::path& path, std::string_view text) {
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    refuse(path, text.starts_with("ssh-") || text.starts_with("ecdsa-")
                     ? "is a public key; name the file without .pub"
                     : "is not a private key in OpenSSH's format; " + make_one(path));
  }
  const std::size_t body = begin + kBegin.size();
  auto bytes = base64_decode(text.substr(body, end - body));
  const auto header = bytes ? parse_header(*bytes) : std::nullopt;
  if (bytes) wipe(*bytes);
  if (!header) refuse(path, "is damaged; restore it, or " + make_one(path));
  if (header->cipher != "none") {
    refuse(path,
           "is locked by a passphrase, which a service can not type; remove it with: "
           "ssh-keygen -p -N '' -f " +
               path.string());
  }
  if (header->type != "ssh-ed25519") {
    refuse(path, "is of type " + header->type + "; only Ed25519 is supported; " + make_one(path));
  }
}

}  // namespace

PrivateKey PrivateKey::load(const std::filesystem::path& path) {
  PrivateFile file = read_private_file(path);
  check_file(path, file);
  PrivateKey key(std::move(file.content));
  check_format(path, key.text_);
  return key;
}

PrivateKey::PrivateKey(PrivateKey&& other) noexcept : text_(std::move(other.text_)) {
  wipe(other.text_);
}

PrivateKey::~PrivateKey() {
  wipe(text_);
}

}  // namespace icom::ssh
