#include "common/config/site_file.hpp"

#include <algorithm>
#include <utility>

#include "common/config/map_reader.hpp"
#include "common/config/name.hpp"
#include "common/config/site_text.hpp"
#include "common/config/size_text.hpp"
#include "common/config/timezone.hpp"
#include "common/config/tunnel_parts.hpp"
#include "common/config/yaml_mistake.hpp"
#include "common/os/path_text.hpp"

namespace icom::config {
namespace {

/// Two segments of a spool: with less there is nothing that could be given up without the segment
/// being written.
constexpr std::uint64_t kMinSpoolBytes = 16ULL << 20U;

std::optional<std::uint64_t> parse_spool_bytes(const std::string& text) {
  const std::optional<std::uint64_t> size = parse_size(text);
  return size && *size >= kMinSpoolBytes ? size : std::nullopt;
}

std::string read_timezone(MapReader& from) {
  const std::string zone_of_database = "a zone of this machine's time zone database";
  const std::string expected = zone_of_database + ", such as Australia/Sydney";
  const auto zone =
      from.value("timezone", expected, [](const std::string& text) { return std::optional(text); });
  if (!zone) return "";
  if (timezone_exists(*zone)) return *zone;
  const auto meant = timezone_meant_by(*zone);
  from.problem("timezone", meant ? zone_of_database + ": did you mean " + *meant + "?" : expected);
  return "";
}

void read_linac(MapReader& from, SiteFile& to) {
  LinacSettings linac;
  linac.serial =
      from.value("serial", "a serial of 1 to 32 letters, digits, - or _", parse_name).value_or("");
  const auto address = from.address(
      "address", "ADDRESS or ADDRESS:PORT of the Linac, such as 192.168.17.40", AddressForm::linac);
  linac.address = address.value_or(Address{});
  if (address && is_unspecified(*address)) {
    from.problem("address", "the Linac's own address: this one is no machine's");
  }
  for (std::size_t i = 0; i < to.settings.linacs.size(); ++i) {
    const LinacSettings& other = to.settings.linacs[i];
    const std::string line = std::to_string(to.serial_marks[i].line + 1);
    if (!linac.serial.empty() && other.serial == linac.serial) {
      from.problem("serial", "a serial of its own; the Linac on line " + line + " has it too");
    }
    if (address && is_same_place(other.address, linac.address)) {
      from.problem("address", "an address of its own; the Linac on line " + line + " (" +
                                  other.serial + ") has it too");
    }
  }
  from.done();
  to.serial_marks.push_back(from.mark("serial"));
  to.settings.linacs.push_back(std::move(linac));
}

void read_linacs(MapReader& from, SiteFile& to) {
  const std::string expected = "a list of at most " + std::to_string(kMaxLinacsPerSite) +
                               " Linacs, each with serial and address";
  const auto entries = from.list("linacs", expected);
  if (!entries) return;
  if (entries->size() > kMaxLinacsPerSite) from.problem("linacs", expected);
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (auto linac = from.entry((*entries)[i], "linacs", i)) read_linac(*linac, to);
  }
}

void read_tunnel(MapReader& from, TunnelSettings& to) {
  to.host = read_sshd_host(from);
  to.port = read_sshd_port(from);
  to.user = read_sshd_user(from);
  to.key = from.path("key", "the path of the private key (Ed25519)").value_or("");
  to.known_hosts = from.path("known_hosts", "the path of a known_hosts file").value_or("");
  to.gateway =
      from.address("gateway", "ADDRESS:PORT of the gateway's ingest, such as 127.0.0.1:7600",
                   AddressForm::with_port)
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

std::vector<std::string> serials_of(const SiteSettings& site) {
  std::vector<std::string> serials;
  for (const LinacSettings& linac : site.linacs) serials.push_back(linac.serial);
  return serials;
}

void read_site(SiteFile& site, const std::filesystem::path& file, SiteFileName name,
               const YAML::Node& document) {
  MapReader top(site.yaml, document, "");

  const std::string stem = os::utf8(file.stem());
  const bool any_site = name == SiteFileName::any_of_two && stem == "site";
  site.settings.site =
      top.value("site", "a name of 1 to 32 letters, digits, - or _", parse_name).value_or("");
  if (!site.settings.site.empty() && !any_site &&
      os::utf8(file.filename()) != site.settings.site + ".yaml") {
    top.problem("site", "the file's own name, " + stem + " (or the file to be named " +
                            site.settings.site + ".yaml)");
  }
  site.site_mark = top.mark("site");
  site.settings.timezone = read_timezone(top);
  read_linacs(top, site);
  if (auto tunnel = top.map("tunnel")) read_tunnel(*tunnel, site.settings.tunnel);
  if (auto spool = top.map("spool")) read_spool(*spool, site.settings.spool);
  site.settings.forwards = read_forwards(top, site.listen_marks);
  site.settings.fan_out = read_fan_out(top, serials_of(site.settings));
  top.done();
}

}  // namespace

SiteFile read_site_file(const std::filesystem::path& file, SiteFileName name) {
  SiteFile site{YamlFile(file), {}, {}, {}};
  std::error_code unknown;
  if (name == SiteFileName::any_of_two &&
      std::filesystem::status(file, unknown).type() == std::filesystem::file_type::not_found) {
    site.yaml.problem(
        "the site's settings, and there is no such file: this machine is not enrolled yet, or "
        "another file is meant (--site FILE), or it was moved away: icom-agent status tells "
        "whether the site runs, and how to put it back. icom-agent enrol FILE.enrol writes them, "
        "with the file that icom-gateway add-site makes at the hosting site");
    return site;
  }
  const std::optional<std::string> text = site.yaml.text();
  return text ? read_site_text(file, *text, name) : site;
}

SiteFile read_site_text(const std::filesystem::path& file, const std::string& text,
                        SiteFileName name) {
  SiteFile site{YamlFile(file), {}, {}, {}};
  if (const auto document = site.yaml.document(text)) read_site(site, file, name, *document);
  return site;
}

SiteSettings site_from_text(const std::filesystem::path& file, const std::string& text) {
  SiteFile site = read_site_text(file, text, SiteFileName::any_of_two);
  if (!site.yaml.problems().empty()) throw ConfigError(site.yaml.problems());
  return std::move(site.settings);
}

SiteSettings readable_part_of_site(const std::filesystem::path& file) {
  return std::move(read_site_file(file, SiteFileName::any_of_two).settings);
}

std::filesystem::path spool_directory_in(const std::filesystem::path& file) {
  SiteFile site = read_site_file(file, SiteFileName::any_of_two);
  if (!site.settings.spool.directory.empty()) return site.settings.spool.directory;
  YamlFile yaml(file);
  const auto text = yaml.text();
  const auto directory = text ? value_as_written(*text, "directory") : std::nullopt;
  return directory ? yaml.resolved(*directory) : std::filesystem::path();
}

SiteSettings load_site(const std::filesystem::path& file) {
  SiteFile site = read_site_file(file, SiteFileName::any_of_two);
  if (!site.yaml.problems().empty()) throw ConfigError(site.yaml.problems());
  return std::move(site.settings);
}

}  // namespace icom::config
