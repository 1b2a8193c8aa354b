// Any text as an enrolment file: what a site needs, or problems that name their place and show no
// secret.
//
// Input: the file's text without its last line, the checksum, which is put behind it: a fuzzer
// finds no SHA-256.
#include "common/config/enrolment_file.hpp"

#include <openssl/sha.h>

#include <array>
#include <span>

#include "common/config/name.hpp"
#include "common/text/hex.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/settings_file.hpp"

namespace icom::fuzz {
namespace {

constexpr std::string_view kSecretKey = "\ncode: ";
/// Shorter ones may stand in any sentence.
constexpr std::size_t kLeastSecret = 16;

std::string with_checksum(std::string_view text) {
  std::string whole(text);
  std::erase(whole, '\r');  // as it is read
  if (!whole.empty() && whole.back() != '\n') whole += '\n';
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), digest.data());
  return whole + "checksum: " + text::hex(std::as_bytes(std::span(digest))) + '\n';
}

/// What stands behind `code:`, as far as it looks like one, if that is long enough.
std::string secret_of(std::string_view text) {
  const std::size_t at = text.find(kSecretKey);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + kSecretKey.size());
  const std::string_view secret = rest.substr(0, rest.find_first_not_of("0123456789abcdef"));
  return secret.size() < kLeastSecret ? std::string() : std::string(secret);
}

void check(const config::EnrolmentFile& enrolment) {
  require(config::parse_name(enrolment.site).has_value(), "a site's name can name a file");
  require(!enrolment.host.empty() && is_plain_line(enrolment.host), "a host");
  require(!enrolment.user.empty() && enrolment.user.find_first_of(" \t\n:") == std::string::npos,
          "a user's name");
  require(!enrolment.host_keys.empty(), "a host key to pin");
  require(enrolment.port != 0 && enrolment.gateway.port != 0, "ports that can be called");
  require(enrolment.code.size() == 64 &&
              enrolment.code.find_first_not_of("0123456789abcdef") == std::string::npos,
          "a code");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = with_checksum(as_text(Input(data, size).rest()));
  const std::filesystem::path file = settings_folder() / "nbcc.enrol";
  write_settings(file, text);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  try {
    check(config::load_enrolment(file));
  } catch (const config::ConfigError& error) {
    require(!error.problems().empty(), "an error has a problem");
    const std::string secret = secret_of(text);
    for (const config::Problem& problem : error.problems()) {
      check_place(problem, file, text);
      require(secret.empty() || problem.text().find(secret) == std::string::npos,
              "no problem shows the code");
    }
  }
  return 0;
}

}  // namespace icom::fuzz
