#include "common/link/message_seal.hpp"

#include "common/icom/bytes.hpp"
#include "common/link/keyed_hash.hpp"

namespace icom::link {
namespace {

std::string seal_of(std::string_view key, std::uint64_t number, std::string_view message) {
  ByteVector sealed;
  sealed.reserve(sizeof(number) + message.size());
  append_little_endian(sealed, number);
  append(sealed, as_bytes(message));
  return std::string(as_view(hmac_sha256(key, as_text(sealed))).substr(0, kSealBytes));
}

}  // namespace

std::string MessageSealer::seal(std::string_view message) {
  std::string sealed(message);
  sealed += seal_of(key_, number_++, message);
  return sealed;
}

std::optional<std::string_view> SealChecker::open(std::string_view sealed) {
  if (broken_ || sealed.size() < kSealBytes) {
    broken_ = true;
    return std::nullopt;
  }
  const std::string_view message = sealed.substr(0, sealed.size() - kSealBytes);
  if (!equal_in_constant_time(sealed.substr(message.size()), seal_of(key_, number_++, message))) {
    broken_ = true;
    return std::nullopt;
  }
  return message;
}

}  // namespace icom::link
