// A site's settings: sites/<site>.yaml. The agent reads its own, the gateway reads them all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/config/address.hpp"
#include "common/config/config_error.hpp"
#include "common/config/fan_out_settings.hpp"
#include "common/config/forward_settings.hpp"

namespace icom::config {

struct LinacSettings {
  std::string serial;  ///< text: [A-Za-z0-9_-]{1,32}
  Address address;     ///< port 1706 unless given

  bool operator==(const LinacSettings&) const = default;
};

struct TunnelSettings {
  std::string host;
  std::uint16_t port = 22;
  std::string user;
  std::filesystem::path key;
  std::filesystem::path known_hosts;
  Address gateway;  ///< as the hosting site's sshd reaches it
  std::filesystem::path token_file;

  bool operator==(const TunnelSettings&) const = default;
};

struct SpoolSettings {
  std::filesystem::path directory;  ///< one folder a Linac is made below it, named by the serial
  std::uint64_t max_bytes = 20ULL << 30U;

  bool operator==(const SpoolSettings&) const = default;
};

struct SiteSettings {
  std::string site;
  std::string timezone;
  std::vector<LinacSettings> linacs;  ///< none yet, at a site that has just been added
  TunnelSettings tunnel;
  SpoolSettings spool;
  std::vector<ForwardSettings> forwards;
  FanOutSettings fan_out;

  bool operator==(const SiteSettings&) const = default;
};

/// A site has 1 to 10.
inline constexpr std::size_t kMaxLinacsPerSite = 64;

/// A file named <site>.yaml or, as at the site itself, site.yaml. Throws ConfigError
/// (config_error.hpp): for each thing that is wrong file, line, key, what was
/// read, what was expected.
SiteSettings load_site(const std::filesystem::path& file);
/// What can be read of it, whatever is wrong in it; the rest is empty. To show or to compare with,
/// never to run by.
SiteSettings readable_part_of_site(const std::filesystem::path& file);
/// Its spool.directory, also where YAML cannot read the file; empty if it says none.
std::filesystem::path spool_directory_in(const std::filesystem::path& file);
/// All *.yaml of a folder, by name; also refuses a serial that two sites have.
std::vector<SiteSettings> load_sites(const std::filesystem::path& folder);

/// Whether this can be a secret: 16 to 1,024 characters, no control characters, so one line.
bool is_secret(std::string_view text);

/// A site whose file is not as it should be, and what becomes of the site.
struct BrokenSite {
  enum class State : std::uint8_t {
    refused,  ///< nothing is known of it
    kept,     ///< it goes on as it was before its file was changed
    in_part,  ///< it goes on without the Linacs that another site has
  };
  std::string site;  ///< as the file is named
  State state = State::refused;
  std::vector<Problem> problems;  ///< at least one

  bool operator==(const BrokenSite&) const = default;
};

struct UsableSites {
  std::vector<SiteSettings> sites;  ///< by name of their files
  std::vector<BrokenSite> broken;   ///< likewise
};

/// As load_sites(), for a gateway that runs: one site's mistake stops no other. `running` is what
/// it serves now. A site whose file is broken goes on as it runs, or is refused. A serial that two
/// sites have stays that site's which runs with it; else it is that one's whose file was changed
/// first, and the other site goes on without it. Throws ConfigError only if the folder cannot be
/// read.
UsableSites usable_sites(const std::filesystem::path& folder,
                         const std::vector<SiteSettings>& running);

/// A secret of one line, 16 to 1,024 characters, without the line's end. Throws ConfigError if it
/// is anything else, or if others than the owner (and group, read-only) can read the file. The
/// error never shows the content. Throws os::MachineFault if the machine keeps it from being read.
std::string read_secret(const std::filesystem::path& file);

}  // namespace icom::config
