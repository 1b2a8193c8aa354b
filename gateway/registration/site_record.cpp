#include "gateway/registration/site_record.hpp"

#include <nlohmann/json.hpp>

#include "common/os/utc_text.hpp"

namespace icom::registration {
namespace {

using nlohmann::json;

json to_json(const SiteKey& key) {
  return {{"key", key.key.text()}, {"since", os::utc_text(key.since)}};
}

json to_json(const Enrolment& enrolment) {
  json to{{"code_hash", enrolment.code_hash},
          {"one_time_key", enrolment.one_time_key.text()},
          {"made", os::utc_text(enrolment.made)},
          {"expires", os::utc_text(enrolment.expires)}};
  if (enrolment.used) to["used"] = os::utc_text(*enrolment.used);
  if (enrolment.used_by) to["used_by"] = enrolment.used_by->text();
  return to;
}

// These throw whatever value() and at() do, or std::bad_optional_access.

std::int64_t time_at(const json& from, const char* name) {
  return os::parse_utc_text(from.at(name).get<std::string>()).value();
}

ssh::PublicKey key_at(const json& from, const char* name) {
  return ssh::PublicKey::parse(from.at(name).get<std::string>()).value();
}

SiteKey site_key(const json& from) {
  return {key_at(from, "key"), time_at(from, "since")};
}

Enrolment enrolment(const json& from) {
  Enrolment to{from.at("code_hash").get<std::string>(),
               key_at(from, "one_time_key"),
               time_at(from, "made"),
               time_at(from, "expires"),
               {},
               {}};
  if (from.contains("used")) to.used = time_at(from, "used");
  if (from.contains("used_by")) to.used_by = key_at(from, "used_by");
  return to;
}

}  // namespace

std::string to_json(const SiteRecord& record) {
  json to{{"site", record.site}};
  if (record.enrolment) to["enrolment"] = to_json(*record.enrolment);
  if (record.key) to["key"] = to_json(*record.key);
  if (record.next_key) to["next_key"] = to_json(*record.next_key);
  if (record.revoked) to["revoked"] = os::utc_text(*record.revoked);
  if (record.proved) to["proved"] = os::utc_text(*record.proved);
  return to.dump(2) + "\n";
}

std::optional<SiteRecord> record_from_json(std::string_view text) {
  try {
    const json from = json::parse(text);
    SiteRecord record;
    record.site = from.at("site").get<std::string>();
    if (from.contains("enrolment")) record.enrolment = enrolment(from.at("enrolment"));
    if (from.contains("key")) record.key = site_key(from.at("key"));
    if (from.contains("next_key")) record.next_key = site_key(from.at("next_key"));
    if (from.contains("revoked")) record.revoked = time_at(from, "revoked");
    if (from.contains("proved")) record.proved = time_at(from, "proved");
    return record;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace icom::registration
