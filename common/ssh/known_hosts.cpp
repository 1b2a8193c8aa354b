#include "common/ssh/known_hosts.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/os/path_text.hpp"
#include "common/os/read_file.hpp"
#include "common/ssh/base64.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/host_names.hpp"
#include "common/ssh/host_patterns.hpp"
#include "common/ssh/library.hpp"
#include "common/text/byte_order_mark.hpp"

namespace icom::ssh {
namespace {

constexpr std::uint64_t kMaxKnownHostsFile = 4U << 20U;

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why) {
  throw Error(Category::settings, "known_hosts file " + os::utf8(file) + ": " + std::string(why));
}

constexpr std::string_view kBlank = " \t\r";

/// The next field of the line, which is taken off it; empty at its end.
std::string_view take_field(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view field = line.substr(0, std::min(line.find_first_of(kBlank), line.size()));
  line.remove_prefix(field.size());
  return field;
}

}  // namespace

KnownHosts::KnownHosts(const std::filesystem::path& file) : file_(file) {
  load();
}

void KnownHosts::load() {
  std::string content;
  const auto error = os::read_file(os::real_file_system(), file_, kMaxKnownHostsFile, content);
  if (error == std::errc::file_too_large) refuse(file_, "is far too large: is it the right one?");
  if (error) {
    refuse(file_,
           "can not be read; icom-agent enrol writes it. By hand: it must hold the hosting site's "
           "host key, as `ssh-keyscan` prints it and after its fingerprint was compared");
  }
  std::istringstream stream(std::move(content));
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    add(number == 1 ? text::without_byte_order_mark(line) : line, number);
  }
}

void KnownHosts::add(std::string_view line, int number) {
  const std::string_view names = take_field(line);
  if (names.empty() || names.front() == '#') return;
  const std::string where = "line " + std::to_string(number);
  if (names.front() == '@') {
    refuse(file_, where + ": markers are not supported; pin the server's own key");
  }
  const std::string_view type = take_field(line);
  const std::string_view key = take_field(line);
  if (key.empty()) refuse(file_, where + " is not `name type key`");
  entries_.push_back({std::string(names), std::string(type), std::string(key)});
}

KnownHosts::Pins KnownHosts::pins_of(const std::string& host, std::uint16_t port) const {
  const std::vector<std::string> names = names_of(host, port);
  for (const std::string& name : names) {
    std::set<std::string_view> pinned;
    for (const Entry& entry : entries_) {
      if (is_host_of(entry.names, name)) pinned.insert(entry.type);
    }
    if (pinned.empty()) continue;
    Pins pins{name, {}, false};
    for (const HostKeyType& type : kHostKeyTypes) {
      if (pinned.contains(type.name)) pins.types.emplace_back(type.name);
    }
    pins.unusable_only = pins.types.empty();
    return pins;
  }
  return {names.front(), {}, false};
}

bool KnownHosts::trusts(const std::string& name, std::string_view type,
                        std::span<const char> key) const {
  const std::vector<std::uint8_t> shown(key.begin(), key.end());
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.type == type && is_host_of(entry.names, name) && base64_decode(entry.key) == shown;
  });
}

}  // namespace icom::ssh
