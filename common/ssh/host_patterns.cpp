#include "common/ssh/host_patterns.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "common/ssh/base64.hpp"
#include "common/ssh/host_names.hpp"

namespace icom::ssh {
namespace {

constexpr std::string_view kHashed = "|1|";

std::vector<std::uint8_t> hmac_sha1(std::span<const std::uint8_t> salt, const std::string& name) {
  std::vector<std::uint8_t> hash(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(name.data());
  HMAC(EVP_sha1(), salt.data(), static_cast<int>(salt.size()), bytes, name.size(), hash.data(),
       &size);
  hash.resize(size);
  return hash;
}

/// `|1|SALT|HASH`, both in Base64.
bool is_hash_of(std::string_view hashed, const std::string& name) {
  hashed.remove_prefix(kHashed.size());
  const std::size_t bar = hashed.find('|');
  if (bar == std::string_view::npos) return false;
  const auto salt = base64_decode(hashed.substr(0, bar));
  const auto hash = base64_decode(hashed.substr(bar + 1));
  return salt && hash && hmac_sha1(*salt, name) == *hash;
}

/// Only the last `*` is ever tried anew: whatever an earlier one could take, it can take as well.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken_by_star = 0;
  for (std::size_t i = 0; i < name.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken_by_star = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++taken_by_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

/// `[host]:22`, which ssh writes as `host`.
std::string_view without_usual_port(std::string_view entry) {
  constexpr std::string_view kEnd = "]:22";
  if (!entry.starts_with('[') || !entry.ends_with(kEnd)) return entry;
  return entry.substr(1, entry.size() - 1 - kEnd.size());
}

}  // namespace

bool is_named_by(std::string_view entry, const std::string& name) {
  if (entry.starts_with(kHashed)) return is_hash_of(entry, name);
  return matches(lower_case(std::string(entry)), lower_case(name));
}

bool is_host_of(std::string_view field, const std::string& name) {
  bool is_named = false;
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    std::string_view entry = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    const bool is_excluded = entry.starts_with('!');
    if (is_excluded) entry.remove_prefix(1);
    if (!is_named_by(without_usual_port(entry), name)) continue;
    if (is_excluded) return false;
    is_named = true;
  }
  return is_named;
}

}  // namespace icom::ssh
