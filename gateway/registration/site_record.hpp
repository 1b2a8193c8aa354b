// What the gateway remembers of one site beside its file and its token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/ssh/public_key.hpp"

namespace icom::registration {

/// All times in seconds since 1970, UTC.

/// An enrolment file that was made: what is needed to know it again. No secret.
struct Enrolment {
  std::string code_hash;  ///< secrets.hpp: hash_of()
  ssh::PublicKey one_time_key;
  std::int64_t made = 0;
  std::int64_t expires = 0;
  std::optional<std::int64_t> used;
  std::optional<ssh::PublicKey> used_by;  ///< the key that the site made, once it is used

  bool operator==(const Enrolment&) const = default;
};

struct SiteKey {
  ssh::PublicKey key;
  std::int64_t since = 0;

  bool operator==(const SiteKey&) const = default;
};

struct SiteRecord {
  std::string site;
  std::optional<Enrolment> enrolment;  ///< the newest
  std::optional<SiteKey> key;          ///< nothing before the first enrolment, and once revoked
  std::optional<SiteKey> next_key;     ///< of a rotation that is not finished: valid too
  std::optional<std::int64_t> revoked;
  /// Since when an agent of the site proves that it knows the token, rather than say it.
  std::optional<std::int64_t> proved{};

  bool operator==(const SiteRecord&) const = default;
};

std::string to_json(const SiteRecord& record);
/// Nothing if `text` is no such record.
std::optional<SiteRecord> record_from_json(std::string_view text);

}  // namespace icom::registration
