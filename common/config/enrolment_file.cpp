#include "common/config/enrolment_file.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "common/config/closed_file.hpp"
#include "common/config/map_reader.hpp"
#include "common/config/name.hpp"
#include "common/config/tunnel_parts.hpp"
#include "common/os/file_system.hpp"
#include "common/os/private_file.hpp"
#include "common/os/utc_text.hpp"
#include "common/text/hex.hpp"

namespace icom::config {
namespace {

constexpr const char* kFormat = "1";
constexpr std::string_view kFirstKey = "enrolment: ";
constexpr std::string_view kLastKey = "checksum: ";
constexpr std::size_t kCodeDigits = 64;
constexpr std::size_t kMaxFileBytes = 64U << 10U;

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return text::hex(std::as_bytes(std::span(digest)));
}

/// As it is on its way: an editor at the other end of a mail may have made \r\n of each \n.
std::string without_carriage_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

std::string content_of(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::none) {
    refuse_file(file, readable_file(file, error));
  }
  if (!std::filesystem::exists(status)) {
    refuse_file(file, "an enrolment file to be there; `icom-gateway add-site` makes it");
  }
  if (!std::filesystem::is_regular_file(status)) refuse_file(file, "a regular file");
  std::string text(kMaxFileBytes + 1, '\0');
  std::unique_ptr<os::File> opened;
  std::size_t size = 0;
  error = os::real_file_system().open_read(file, opened);
  if (!error) error = opened->read_at(0, std::as_writable_bytes(std::span(text)), size);
  if (error) refuse_file(file, readable_file(file, error));
  if (size > kMaxFileBytes) refuse_file(file, "an enrolment file; this one is far too large");
  text.resize(size);
  return without_carriage_returns(std::move(text));
}

bool is_enrolment(std::string_view text) {
  return text.starts_with(kFirstKey) || text.find('\n' + std::string(kFirstKey)) != text.npos;
}

/// Of an enrolment file, which is a secret: of anything else nothing is to be changed.
void refuse_if_others_read(const std::filesystem::path& file) {
  bool is_private = false;
  const auto error = os::is_private(file, os::Access::owner, is_private);
  if (error || is_private) return;
  refuse_file(file, "a file that nobody but its owner can read: if nobody can have copied it, " +
                        os::how_to_make_private(os::Access::owner, "it") +
                        "; otherwise have another one made (icom-gateway add-site --again)");
}

/// Throws ConfigError if what the checksum stands for is not what the file holds.
void check_whole(const std::filesystem::path& file) {
  const std::string text = content_of(file);
  if (!is_enrolment(text)) {
    refuse_file(file,
                "an enrolment file, as `icom-gateway add-site` makes it; this is something else");
  }
  refuse_if_others_read(file);
  const std::size_t last = text.rfind('\n' + std::string(kLastKey));
  const bool whole = last != std::string::npos &&
                     std::string_view(text).substr(last + 1).starts_with(
                         std::string(kLastKey) + sha256_hex(text.substr(0, last + 1)));
  if (!whole) {
    refuse_file(
        file,
        "a whole enrolment file; this one was cut short or changed on its way: copy it again, "
        "or have another one made (icom-gateway add-site --again)");
  }
}

std::optional<std::string> parse_format(const std::string& text) {
  return text == kFormat ? std::optional(text) : std::nullopt;
}

/// Of a secret: whatever stands there, so that no error shows it.
std::optional<std::string> parse_anything(const std::string& text) {
  return text;
}

std::optional<std::string> parse_text(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// Where a quote is not closed, a value or a key may run on into the secrets.
[[noreturn]] void refuse_showing_nothing(std::vector<Problem> problems) {
  constexpr std::size_t kLongestKey = 15;
  for (Problem& problem : problems) {
    problem.read.clear();
    const bool plain = problem.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_[]0123456789") ==
                       std::string::npos;
    if (!plain || problem.key.size() > kLongestKey) problem.key = "a key";
  }
  throw ConfigError(std::move(problems));
}

bool is_code(const std::string& text) {
  return text.size() == kCodeDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string to_text(const EnrolmentFile& enrolment) {
  std::string text =
      "# Enrolment of site " + enrolment.site +
      ". Secret, of use once, and until it expires: whoever has it can enrol as\n"
      "# that site. Carry it to the site's machine as you would a key, then, there:\n"
      "#   icom-agent enrol " +
      enrolment.site + ".enrol\n";
  text += std::string(kFirstKey) + kFormat + "\n";
  text += "site: " + enrolment.site + "\n";
  text += "timezone: " + enrolment.timezone + "\n";
  text += "expires: " + os::utc_text(enrolment.expires) + "\n";
  text += "host: \"" + enrolment.host + "\"\n";
  text += "port: " + std::to_string(enrolment.port) + "\n";
  text += "user: " + enrolment.user + "\n";
  text += "host_keys:\n";
  for (const std::string& key : enrolment.host_keys) text += "  - " + key + "\n";
  text += "gateway: \"" + enrolment.gateway.text() + "\"\n";
  text += "code: " + enrolment.code + "\n";
  text += "key: |\n";
  for (std::size_t at = 0; at < enrolment.private_key.size();) {
    const std::size_t end =
        std::min(enrolment.private_key.find('\n', at), enrolment.private_key.size());
    text += "  " + enrolment.private_key.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return text + std::string(kLastKey) + sha256_hex(text) + "\n";
}

std::string short_name_of(const EnrolmentFile& enrolment) {
  constexpr std::size_t kDigits = 16;
  return sha256_hex(enrolment.code)
      .substr(0, kDigits);  // of 256 random bits: nothing is given away
}

EnrolmentFile load_enrolment(const std::filesystem::path& file) {
  check_whole(file);
  YamlFile yaml(file);
  const std::optional<YAML::Node> document = yaml.document();
  if (!document) refuse_showing_nothing(yaml.problems());
  MapReader top(yaml, *document, "");
  EnrolmentFile enrolment;
  top.value("enrolment", "format 1: upgrade this program for any other", parse_format);
  enrolment.site = top.value("site", "a site's name", parse_name).value_or("");
  enrolment.timezone = top.value("timezone", "a time zone", parse_text).value_or("");
  enrolment.expires =
      top.value("expires", "a moment such as 2026-11-30T12:00:00Z", os::parse_utc_text).value_or(0);
  enrolment.host = read_sshd_host(top);
  enrolment.port = read_sshd_port(top);
  enrolment.user = read_sshd_user(top);
  if (const auto keys = top.list("host_keys", "a list of host keys")) {
    for (std::size_t i = 0; i < keys->size(); ++i) {
      if (const auto key = top.item((*keys)[i], "host_keys", i, "a host key", parse_text)) {
        enrolment.host_keys.push_back(*key);
      }
    }
    if (keys->empty()) top.problem("host_keys", "at least one host key");
  }
  enrolment.gateway =
      top.address("gateway", "ADDRESS:PORT", AddressForm::with_port).value_or(Address{});
  enrolment.code = top.value("code", "a code", parse_anything).value_or("");
  enrolment.private_key = top.value("key", "a private key", parse_anything).value_or("");
  if (!is_code(enrolment.code)) {
    yaml.problem(top.mark("code"), "code", "", "a code of 64 hexadecimal digits");
  }
  top.value("checksum", "a checksum", parse_text);
  top.done();
  if (!yaml.problems().empty()) refuse_showing_nothing(yaml.problems());
  return enrolment;
}

}  // namespace icom::config
