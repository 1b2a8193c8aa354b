#include "agent/enrol/site_places.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <system_error>

#include "agent/enrol/enrolment.hpp"
#include "common/config/config_error.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/path_text.hpp"

namespace icom::enrol {
namespace {

namespace fs = std::filesystem;

struct Place {
  const char* key;
  const fs::path& file;
};

std::array<Place, 3> places_of(const config::TunnelSettings& tunnel) {
  return {Place{"tunnel.key", tunnel.key}, Place{"tunnel.known_hosts", tunnel.known_hosts},
          Place{"tunnel.token_file", tunnel.token_file}};
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  std::error_code error;
  const fs::path inner = fs::canonical(os::folder_of(file), error);
  if (error) return false;
  const fs::path outer = fs::canonical(folder, error);
  if (error || file.filename().empty() || file.filename() == "." || file.filename() == "..") {
    return false;
  }
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

[[noreturn]] void refuse(const Place& place, const std::string& why) {
  throw EnrolmentError("the site's file says " + std::string(place.key) + ": " +
                       os::utf8(place.file) + ", and " + why + "; nothing was written there");
}

/// Empty where it cannot be read, or is larger.
std::string text_of(const fs::path& file, std::uint64_t most_bytes) {
  try {
    return os::read_text_file(os::real_file_system(), file, most_bytes);
  } catch (const std::runtime_error&) {
    return {};
  }
}

/// What a private key's file begins with, whatever program made it.
bool is_key(const fs::path& file) {
  constexpr std::uint64_t kMost = 64U << 10U;
  const std::string text = text_of(file, kMost);
  const std::string line = text.substr(0, text.find('\n'));
  return line.starts_with("-----BEGIN ") && line.find("PRIVATE KEY-----") != std::string::npos;
}

bool is_token(const fs::path& file) {
  constexpr std::uint64_t kMost = 4096;
  std::string text = text_of(file, kMost);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return config::is_secret(text);
}

}  // namespace

void require_inside(const config::TunnelSettings& tunnel, const fs::path& folder) {
  for (const Place& place : places_of(tunnel)) {
    if (!is_inside(place.file, folder)) {
      refuse(place, "the gateway's file of this site may name files in " + os::utf8(folder) +
                        " alone: have it corrected at the hosting site (a plain name does), or put "
                        "a site.yaml of your own there first");
    }
    std::error_code error;
    if (fs::is_symlink(place.file, error)) refuse(place, "that is a link: remove it");
  }
}

void require_ours(const config::TunnelSettings& tunnel, const fs::path& site_file) {
  const auto places = places_of(tunnel);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place& place = places[i];
    for (std::size_t other = 0; other < i; ++other) {
      if (place.file.lexically_normal() == places[other].file.lexically_normal()) {
        refuse(place, std::string(places[other].key) + " says the same: give each its own");
      }
    }
    if (place.file.lexically_normal() == site_file.lexically_normal()) {
      refuse(place, "that is the site's file itself: give it another name");
    }
    std::error_code error;
    const fs::file_status status = fs::status(place.file, error);
    if (!fs::exists(status)) continue;
    if (!fs::is_regular_file(status)) refuse(place, "that is no regular file: name another one");
    const bool of_owner = os::same_owner(place.file, os::folder_of(place.file));
    if (!of_owner) {
      refuse(place,
             "that file is of somebody else than its folder: move it away, or name another "
             "one");
    }
    const bool expected = &place.file == &tunnel.key          ? is_key(place.file)
                          : &place.file == &tunnel.token_file ? is_token(place.file)
                                                              : true;  // lines are added to it
    if (!expected) {
      refuse(place, "something else stands in that file: move it away, or name another one");
    }
  }
}

}  // namespace icom::enrol
