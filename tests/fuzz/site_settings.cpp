// Any text as a site's file: settings that can be worked with, or problems that name their place.
//
// Input: the text of nbcc.yaml.
#include "common/config/site_settings.hpp"

#include <cctype>
#include <set>

#include "common/config/timezone.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/settings_file.hpp"

namespace icom::fuzz {
namespace {

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
}

void check(const config::SiteSettings& site) {
  require(site.site == "nbcc", "a site is named as its file");
  require(config::timezone_exists(site.timezone), "the time zone exists");
  require(!site.linacs.empty() && site.linacs.size() <= config::kMaxLinacsPerSite,
          "a site has Linacs, not too many");
  std::set<std::string> serials;
  std::set<std::string> addresses;
  for (const config::LinacSettings& linac : site.linacs) {
    require(is_name(linac.serial), "a serial can name a folder");
    require(serials.insert(linac.serial).second, "no serial stands there twice");
    require(addresses.insert(linac.address.text()).second, "no address stands there twice");
    require(
        linac.address.port != 0 && is_plain_line(linac.address.host) && !linac.address.host.empty(),
        "an address can be called");
    require(config::parse_address(linac.address.text(), 0).has_value(),
            "an address can be written and read");
  }
  const config::TunnelSettings& tunnel = site.tunnel;
  require(!tunnel.host.empty() && tunnel.port != 0 && is_plain_line(tunnel.host), "a host");
  require(!tunnel.user.empty() && tunnel.user.find_first_of(" \t\n:") == std::string::npos,
          "a user's name");
  for (const auto& path :
       {tunnel.key, tunnel.known_hosts, tunnel.token_file, site.spool.directory}) {
    require(path.is_absolute() && path.string().find('\0') == std::string::npos, "a whole path");
  }
  require(site.spool.max_bytes >= 16U << 20U, "a spool holds two segments");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(Input(data, size).rest());
  const std::filesystem::path file = settings_folder() / "nbcc.yaml";
  write_settings(file, text);
  try {
    check(config::load_site(file));
  } catch (const config::ConfigError& error) {
    require(!error.problems().empty(), "an error has a problem");
    for (const config::Problem& problem : error.problems()) check_place(problem, file, text);
  }
  return 0;
}

}  // namespace icom::fuzz
