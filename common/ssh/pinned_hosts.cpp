#include "common/ssh/pinned_hosts.hpp"

#include <algorithm>
#include <vector>

#include "common/ssh/host_names.hpp"
#include "common/ssh/host_patterns.hpp"

namespace icom::ssh {
namespace {

constexpr std::string_view kBlank = " \t\r";

/// A pattern may name other servers as well.
bool names(std::string_view entry, const std::vector<std::string>& spellings) {
  return entry.find_first_of("*?") == std::string_view::npos &&
         std::ranges::any_of(spellings,
                             [entry](const std::string& name) { return is_named_by(entry, name); });
}

/// The first field's names but for the server's own; empty if none is left.
std::string other_names(std::string_view field, const std::vector<std::string>& spellings) {
  std::string kept;
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    const std::string_view name = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    if (names(name, spellings)) continue;
    if (!kept.empty()) kept += ',';
    kept += name;
  }
  return kept;
}

/// The line, of which nothing or a part may be left. `line` ends with its line break.
std::string without(std::string_view line, const std::vector<std::string>& spellings) {
  const std::size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t\r\n", begin), line.size());
  const std::string_view field = line.substr(begin, end - begin);
  if (field.empty() || field.front() == '#' || field.front() == '@') return std::string(line);
  const std::string kept = other_names(field, spellings);
  return kept.empty() ? kept : kept + std::string(line.substr(end));
}

}  // namespace

std::string with_pins(std::string_view known_hosts, const std::string& host, std::uint16_t port,
                      std::span<const std::string> keys) {
  const std::vector<std::string> spellings = names_of_port(host, port);
  std::string text;
  while (!known_hosts.empty()) {
    const std::size_t end = known_hosts.find('\n');
    const std::size_t size = end == std::string_view::npos ? known_hosts.size() : end + 1;
    text += without(known_hosts.substr(0, size), spellings);
    known_hosts.remove_prefix(size);
  }
  if (!text.empty() && text.back() != '\n') text += '\n';
  for (const std::string& key : keys) text += spellings.front() + ' ' + key + '\n';
  return text;
}

}  // namespace icom::ssh
