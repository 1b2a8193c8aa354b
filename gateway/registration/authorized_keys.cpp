#include "gateway/registration/authorized_keys.hpp"

#include <spdlog/spdlog.h>

#include <memory>
#include <set>
#include <span>
#include <sstream>

#include "common/config/config_error.hpp"
#include "common/os/file_system.hpp"
#include "common/os/machine_fault.hpp"
#include "common/os/utc_text.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::registration {
namespace {

constexpr std::string_view kHeader =
    "# Written by icom-gateway, and written anew whenever a site or its forwards change: edit "
    "nothing here.\n"
    "# docs/security.md tells what each line allows.\n";
constexpr std::string_view kSiteMark = " icom-site=";
constexpr std::string_view kBeforeKey = " ssh-ed25519 ";
constexpr std::string_view kEnrolmentMark = " icom-enrolment";
/// Of a one-time key that is of no use any more: for sshd a comment.
constexpr std::string_view kUsedMark = "# used ";
constexpr std::string_view kUsedSiteMark = " icom-used-of=";

/// No shell, no terminal, nothing but forwarding; `command` also where sshd's own settings would
/// allow one.
constexpr std::string_view kNothingButForwarding =
    "restrict,port-forwarding,command=\"/bin/false\"";

std::string quoted(std::string_view option, const config::Address& address) {
  return ',' + std::string(option) + "=\"" + address.text() + '"';
}

/// Without any permitlisten sshd would let a key listen everywhere, and there is no word for
/// nowhere: this is no address of any machine.
const config::Address kNowhere{"none.invalid", 1};

/// `2026-11-30T12:00:00Z` as sshd wants it: `20261130120000Z`.
std::string expiry_time(std::int64_t seconds) {
  std::string text = os::utc_text(seconds);
  std::erase(text, '-');
  std::erase(text, ':');
  std::erase(text, 'T');
  return text;
}

std::string line_of(const std::string& options, const ssh::PublicKey& key,
                    const std::string& site) {
  return options + ' ' + key.text() + std::string(kSiteMark) + site;
}

/// 10,000 sites' lines, and those of others.
constexpr std::uint64_t kMaxKeysFile = std::uint64_t{16} << 20U;

/// Empty if there is no file. What is not read must not be taken for what is not there: the file is
/// written anew from it.
std::string content_of(const std::filesystem::path& file) {
  auto& files = os::real_file_system();
  std::unique_ptr<os::File> opened;
  std::uint64_t size = 0;
  std::size_t got = 0;
  auto error = files.open_read(file, opened);
  if (error == std::errc::no_such_file_or_directory) return {};
  if (!error) error = opened->size(size);
  if (!error && size > kMaxKeysFile) {
    throw RegistrationError(file.string() + " is larger than " + std::to_string(kMaxKeysFile) +
                            " bytes: is it the right file?");
  }
  std::string text(error ? 0 : size, '\0');
  if (!error) error = opened->read_at(0, std::as_writable_bytes(std::span(text)), got);
  if (error) {
    throw RegistrationError("cannot read " + file.string() + " (" + error.message() + ")");
  }
  text.resize(got);
  return text;
}

std::vector<std::string> read_lines(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::istringstream stream(content_of(file));
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// What stands there now.
class PresentLines {
 public:
  explicit PresentLines(const std::filesystem::path& file) : lines_(read_lines(file)) {}

  [[nodiscard]] std::string of(const std::string& site) const {
    std::string text;
    for (const std::string& line : lines_) {
      if (site_of_line(line) == site) text += line + '\n';
    }
    return text;
  }
  /// Of the site's own key.
  [[nodiscard]] std::optional<std::string> options_of(const std::string& site) const {
    for (const std::string& line : lines_) {
      const std::size_t key = line.find(kBeforeKey);
      if (site_of_line(line) == site && key != std::string::npos &&
          !line.ends_with(kEnrolmentMark)) {
        return line.substr(0, key);
      }
    }
    return std::nullopt;
  }

 private:
  std::vector<std::string> lines_;
};

std::string options_of(const std::string& site, const Places& places, const PresentLines& present) {
  try {
    return key_options(places.ingest, config::load_site(places.site_file(site)).forwards);
  } catch (const config::ConfigError&) {
    return present.options_of(site).value_or(key_options(places.ingest, {}));
  }
}

/// Once: the lines are gone afterwards.
void warn_of_lines_that_go(const std::string& site, const Places& places,
                           const PresentLines& present) {
  if (!present.options_of(site)) return;
  spdlog::warn(
      "site {} has no file any more ({}): sshd lets its key in no longer; connections that "
      "stand are ended by icom-gateway revoke {}",
      site, places.site_file(site).string(), site);
}

std::string lines_of(const std::string& site, const Places& places, const SiteBook& book,
                     const PresentLines& present, std::int64_t now) {
  try {
    auto record = book.find(site);
    if (!record) return {};
    std::error_code error;
    if (!std::filesystem::exists(places.site_file(site), error) && !error) {
      warn_of_lines_that_go(site, places, present);
      record->key.reset();
      record->next_key.reset();
    }
    return key_lines(*record, options_of(site, places, present), places.ingest, now);
  } catch (const RegistrationError&) {
    return present.of(site);
  } catch (const os::MachineFault&) {
    return present.of(site);
  }
}

}  // namespace

std::string key_options(const config::Address& ingest,
                        const std::vector<config::ForwardSettings>& forwards) {
  // sshd compares hosts as texts: they stand here as the site's agent will ask for them.
  std::set<std::string> said;
  std::string options{kNothingButForwarding};
  const auto permit = [&](std::string_view option, const config::Address& address) {
    const std::string text = quoted(option, address);
    if (said.insert(text).second) options += text;
  };
  permit("permitopen", ingest);
  bool listens = false;
  for (const config::ForwardSettings& forward : forwards) {
    if (forward.direction == config::ForwardDirection::local) {
      permit("permitopen", forward.target);
    } else {
      permit("permitlisten", forward.listen);
      listens = true;
    }
  }
  if (!listens) permit("permitlisten", kNowhere);
  return options;
}

std::string key_lines(const SiteRecord& record, const std::string& options,
                      const config::Address& ingest, std::int64_t now) {
  std::string lines;
  if (!record.revoked) {
    if (record.key) lines += line_of(options, record.key->key, record.site) + '\n';
    if (record.next_key) lines += line_of(options, record.next_key->key, record.site) + '\n';
  }
  // One that is used opens nothing. Its answer, if that was lost, is asked for by the key that used
  // it.
  if (record.enrolment && record.enrolment->used && record.enrolment->expires > now) {
    lines += std::string(kUsedMark) + record.enrolment->one_time_key.text() +
             std::string(kUsedSiteMark) + record.site + '\n';
  } else if (record.enrolment && record.enrolment->expires > now) {
    const std::string limited =
        key_options(ingest, {}) + ",expiry-time=\"" + expiry_time(record.enrolment->expires) + '"';
    lines += line_of(limited, record.enrolment->one_time_key, record.site) +
             std::string(kEnrolmentMark) + '\n';
  }
  return lines;
}

std::optional<std::string> site_of_line(std::string_view line) {
  const std::size_t mark = line.rfind(kSiteMark);
  if (mark == std::string_view::npos || line.starts_with('#')) return std::nullopt;
  const std::string_view rest = line.substr(mark + kSiteMark.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

void write_authorized_keys(const Places& places, std::int64_t now) {
  const std::filesystem::path file = places.authorized_keys();
  const PresentLines present(file);
  const SiteBook book(places.registration);
  std::string text{kHeader};
  for (const std::string& site : book.sites()) {
    text += lines_of(site, places, book, present, now);
  }
  if (content_of(file) == text) return;
  const auto error =
      os::write_atomically_for(os::real_file_system(), file, os::Access::owner, as_bytes(text));
  if (error) {
    throw RegistrationError("cannot write " + file.string() + " (" + error.message() + ")");
  }
}

std::vector<std::string> sites_that_used(const std::filesystem::path& registration,
                                         const std::string& fingerprint) {
  std::vector<std::string> sites;
  for (const std::string& line : read_lines(registration / "authorized_keys")) {
    if (!line.starts_with(kUsedMark)) continue;
    const auto key = ssh::PublicKey::parse(std::string_view(line).substr(kUsedMark.size()));
    const std::size_t mark = line.rfind(kUsedSiteMark);
    if (!key || key->fingerprint() != fingerprint || mark == std::string::npos) continue;
    sites.push_back(line.substr(mark + kUsedSiteMark.size()));
  }
  return sites;
}

std::vector<std::string> lines_with(const std::filesystem::path& registration,
                                    const std::string& fingerprint) {
  const std::filesystem::path file = registration / "authorized_keys";
  std::unique_ptr<os::File> opened;
  if (const auto error = os::real_file_system().open_read(file, opened)) {
    throw RegistrationError(
        "cannot read " + file.string() + " (" + error.message() + ')' +
        (os::is_machine_fault(error) ? "" : ": AuthorizedKeysCommandUser must be its owner"));
  }
  std::vector<std::string> found;
  for (const std::string& line : read_lines(file)) {
    const std::size_t begin = line.find(kBeforeKey);
    if (begin == std::string::npos || !site_of_line(line)) continue;
    const auto key = ssh::PublicKey::parse(std::string_view(line).substr(begin));
    if (key && key->fingerprint() == fingerprint) found.push_back(line);
  }
  return found;
}

}  // namespace icom::registration
