#include "common/config/site_file.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "common/config/map_reader.hpp"
#include "common/config/size_text.hpp"
#include "common/config/timezone.hpp"

namespace icom::config {
namespace {

constexpr std::uint16_t kIcomPort = 1706;
constexpr std::uint16_t kSshPort = 22;
/// Two segments of a spool: with less there is nothing that could be given up without the segment
/// being written.
constexpr std::uint64_t kMinSpoolBytes = 16ULL << 20U;

/// Names become names of files and folders.
std::optional<std::string> parse_name(const std::string& text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (text.empty() || text.size() > 32 || !std::ranges::all_of(text, letter)) return std::nullopt;
  return text;
}

std::optional<std::string> parse_timezone(const std::string& text) {
  if (!timezone_exists(text)) return std::nullopt;
  return text;
}

std::optional<std::string> parse_host(const std::string& text) {
  constexpr std::uint16_t kNone = 1;
  const std::optional<Address> address = parse_address(text, kNone);
  if (!address || (address->host != text && '[' + address->host + ']' != text)) return std::nullopt;
  return address->host;
}

std::optional<std::uint16_t> parse_port(const std::string& text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

std::optional<std::string> parse_user(const std::string& text) {
  const bool printable =
      std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != ':'; });
  if (text.empty() || text.size() > 64 || !printable) return std::nullopt;
  return text;
}

std::optional<std::uint64_t> parse_spool_bytes(const std::string& text) {
  const std::optional<std::uint64_t> size = parse_size(text);
  return size && *size >= kMinSpoolBytes ? size : std::nullopt;
}

void read_linac(MapReader& from, SiteFile& to) {
  LinacSettings linac;
  linac.serial =
      from.value("serial", "a serial of 1 to 32 letters, digits, - or _", parse_name).value_or("");
  const auto address =
      from.value("address", "ADDRESS or ADDRESS:PORT of the Linac, such as 192.168.17.40",
                 [](const std::string& text) { return parse_address(text, kIcomPort); });
  linac.address = address.value_or(Address{});
  for (const LinacSettings& other : to.settings.linacs) {
    if (!linac.serial.empty() && other.serial == linac.serial) {
      from.problem("serial", "a serial that no other Linac of the site has");
    }
    if (address && other.address.text() == linac.address.text()) {
      from.problem("address", "an address that no other Linac of the site has");
    }
  }
  from.done();
  to.serial_marks.push_back(from.mark("serial"));
  to.settings.linacs.push_back(std::move(linac));
}

void read_linacs(MapReader& from, SiteFile& to) {
  const std::string expected = "a list of 1 to " + std::to_string(kMaxLinacsPerSite) +
                               " Linacs, each with serial and address";
  const auto entries = from.list("linacs", expected);
  if (!entries) return;
  if (entries->empty() || entries->size() > kMaxLinacsPerSite) from.problem("linacs", expected);
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (auto linac = from.entry((*entries)[i], "linacs", i)) read_linac(*linac, to);
  }
}

void read_tunnel(MapReader& from, TunnelSettings& to) {
  to.host = from.value("host", "the name or address of the hosting site's sshd, without a port",
                       parse_host)
                .value_or("");
  to.port = from.value("port", "a port from 1 to 65535", parse_port, Presence::optional)
                .value_or(kSshPort);
  to.user = from.value("user", "the account at the hosting site's sshd", parse_user).value_or("");
  to.key = from.path("key", "the path of the private key (Ed25519)").value_or("");
  to.known_hosts = from.path("known_hosts", "the path of a known_hosts file").value_or("");
  to.gateway = from.value("gateway", "ADDRESS:PORT of the gateway's ingest, such as 127.0.0.1:7600",
                          [](const std::string& text) { return parse_address(text, 0); })
                   .value_or(Address{});
  to.token_file = from.path("token_file", "the path of the site's token").value_or("");
  from.done();
}

void read_spool(MapReader& from, SpoolSettings& to) {
  to.directory = from.path("directory", "the path of a folder").value_or("");
  const SpoolSettings defaults;
  to.max_bytes = from.value("max_bytes", "a size of at least 16 MiB, such as 20 GiB or 500 MB",
                            parse_spool_bytes, Presence::optional)
                     .value_or(defaults.max_bytes);
  from.done();
}

}  // namespace

SiteFile read_site_file(const std::filesystem::path& file) {
  SiteFile site{YamlFile(file), {}, {}, {}};
  const std::optional<YAML::Node> document = site.yaml.document();
  if (!document) return site;
  MapReader top(site.yaml, *document, "");

  const std::string stem = file.stem().string();
  site.settings.site =
      top.value("site", "a name of 1 to 32 letters, digits, - or _", parse_name).value_or("");
  if (!site.settings.site.empty() && file.filename().string() != site.settings.site + ".yaml") {
    top.problem("site", "the file's own name, " + stem + " (or the file to be named " +
                            site.settings.site + ".yaml)");
  }
  site.site_mark = top.mark("site");
  site.settings.timezone =
      top.value("timezone", "a zone of this machine's time zone database, such as Australia/Sydney",
                parse_timezone)
          .value_or("");
  read_linacs(top, site);
  if (auto tunnel = top.map("tunnel")) read_tunnel(*tunnel, site.settings.tunnel);
  if (auto spool = top.map("spool")) read_spool(*spool, site.settings.spool);
  const auto forwards = top.list("forwards", "an empty list", Presence::optional);
  if (forwards && !forwards->empty()) {
    top.problem("forwards", "an empty list: forwards come with a later version");
  }
  top.done();
  return site;
}

SiteSettings load_site(const std::filesystem::path& file) {
  SiteFile site = read_site_file(file);
  if (!site.yaml.problems().empty()) throw ConfigError(site.yaml.problems());
  return std::move(site.settings);
}

}  // namespace icom::config
