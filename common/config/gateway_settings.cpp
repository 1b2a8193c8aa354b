#include "common/config/gateway_settings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "common/config/config_error.hpp"
#include "common/config/map_reader.hpp"
#include "common/config/tunnel_parts.hpp"

namespace icom::config {
namespace {

std::optional<bool> parse_flag(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

/// `2%`
std::optional<unsigned> parse_percent(const std::string& text) {
  constexpr unsigned kMost = 50;
  unsigned percent = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc() || std::string_view(rest, end) != "%" || percent > kMost) {
    return std::nullopt;
  }
  return percent;
}

/// 1 to a million
std::optional<std::uint32_t> parse_files_per_hour(const std::string& text) {
  constexpr std::uint32_t kMost = 1'000'000;
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || rest != end || count == 0 || count > kMost) return std::nullopt;
  return count;
}

/// As group(5) has it.
std::optional<std::string> parse_group(const std::string& text) {
  constexpr std::size_t kLongest = 64;
  const bool printable =
      std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != ':' && c != ','; });
  if (text.empty() || text.size() > kLongest || !printable) return std::nullopt;
  return text;
}

ArchiveSettings read_archive(MapReader& from) {
  ArchiveSettings archive;
  archive.directory = from.path("directory", "the path of a folder").value_or("");
  archive.live = from.value("live", "true or false", parse_flag, Presence::optional).value_or(true);
  archive.per_site =
      from.value("per_site", "true or false", parse_flag, Presence::optional).value_or(false);
  archive.new_files_per_hour = from.value("new_files_per_hour", "a number from 1 to 1000000",
                                          parse_files_per_hour, Presence::optional)
                                   .value_or(archive.new_files_per_hour);
  from.done();
  return archive;
}

TunnelEndSettings read_tunnel_end(MapReader& from) {
  TunnelEndSettings tunnel;
  tunnel.host = read_sshd_host(from);
  tunnel.port = read_sshd_port(from);
  tunnel.user = read_sshd_user(from);
  tunnel.host_keys = from.paths("host_keys",
                                "a list of paths: the sshd's public host keys, such "
                                "as /etc/ssh/ssh_host_ed25519_key.pub");
  from.done();
  return tunnel;
}

/// What is wrong is in `yaml` then.
GatewaySettings read_gateway(YamlFile& yaml) {
  GatewaySettings settings;
  const std::optional<YAML::Node> document = yaml.document();
  if (!document) return settings;
  MapReader top(yaml, *document, "");
  settings.sites_folder = top.path("sites", "the path of the folder of site files").value_or("");
  settings.tokens_folder =
      top.path("tokens", "the path of the folder of <site>.token files").value_or("");
  settings.ingest = top.address("ingest", "ADDRESS:PORT to listen on, such as 127.0.0.1:7600",
                                AddressForm::with_port)
                        .value_or(Address{});
  settings.store = top.path("store", "the path of a folder").value_or("");
  if (auto archive = top.map("archive", Presence::optional)) {
    settings.archive = read_archive(*archive);
  }
  settings.http = top.address("http", "ADDRESS:PORT to listen on, such as 127.0.0.1:8080",
                              AddressForm::with_port, Presence::optional);
  settings.registration = top.path("registration", "the path of a folder", Presence::optional)
                              .value_or(settings.store / "registration");
  settings.junk_share = top.value("junk_share", "a share of the disk from 0% to 50%, such as 1%",
                                  parse_percent, Presence::optional)
                            .value_or(settings.junk_share);
  if (auto tunnel = top.map("tunnel", Presence::optional)) {
    settings.tunnel = read_tunnel_end(*tunnel);
  }
  settings.fan_out = read_fan_out(top);
  settings.readers =
      top.value("readers", "the name of a group of this machine", parse_group, Presence::optional)
          .value_or(settings.readers);
  settings.readers_socket = top.path("readers_socket", "the path of a socket", Presence::optional);
  top.done();
  return settings;
}

}  // namespace

GatewaySettings load_gateway_alone(const std::filesystem::path& file) {
  YamlFile yaml(file);
  GatewaySettings settings = read_gateway(yaml);
  if (!yaml.problems().empty()) throw ConfigError(yaml.problems());
  return settings;
}

GatewaySettings load_usable_gateway(const std::filesystem::path& file,
                                    const std::vector<SiteSettings>& running) {
  GatewaySettings settings = load_gateway_alone(file);
  UsableSites usable = usable_sites(settings.sites_folder, running);
  settings.sites = std::move(usable.sites);
  settings.broken_sites = std::move(usable.broken);
  return settings;
}

GatewaySettings load_gateway(const std::filesystem::path& file) {
  YamlFile yaml(file);
  GatewaySettings settings = read_gateway(yaml);
  std::vector<Problem> problems = yaml.problems();
  if (!settings.sites_folder.empty()) {
    try {
      settings.sites = load_sites(settings.sites_folder);
    } catch (const ConfigError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return settings;
}

}  // namespace icom::config
