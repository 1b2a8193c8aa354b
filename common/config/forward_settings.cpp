#include "common/config/forward_settings.hpp"

#include <map>
#include <utility>

#include "common/config/map_reader.hpp"
#include "common/config/name.hpp"
#include "common/config/size_text.hpp"

namespace icom::config {
namespace {

/// Slower than this nothing useful gets through, and a unit was forgotten.
constexpr std::uint64_t kMinRate = 1000;

std::optional<ForwardDirection> parse_direction(const std::string& text) {
  if (text == "local") return ForwardDirection::local;
  if (text == "remote") return ForwardDirection::remote;
  return std::nullopt;
}

std::optional<std::size_t> parse_connections(const std::string& text) {
  const auto number = parse_size(text);
  if (!number || *number == 0 || *number > kMaxForwardConnections) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

std::optional<std::uint64_t> parse_rate(const std::string& text) {
  const auto rate = parse_size(text);
  return rate && *rate >= kMinRate ? rate : std::nullopt;
}

ForwardSettings read_forward(MapReader& from) {
  ForwardSettings forward;
  forward.name =
      from.value("name", "a name of 1 to 32 letters, digits, - or _", parse_name).value_or("");
  forward.direction =
      from.value("direction",
                 "local (listens at the site, as ssh -L) or remote (listens at the hosting site, "
                 "as ssh -R)",
                 parse_direction)
          .value_or(ForwardDirection::local);
  forward.listen = from.address("listen", "PORT or ADDRESS:PORT to listen on, such as 14330",
                                AddressForm::port_or_address)
                       .value_or(Address{});
  forward.target = from.address("target", "ADDRESS:PORT to connect to, such as 192.168.17.5:1433",
                                AddressForm::with_port)
                       .value_or(Address{});
  forward.max_connections =
      from.value("max_connections", "a number from 1 to " + std::to_string(kMaxForwardConnections),
                 parse_connections, Presence::optional)
          .value_or(forward.max_connections);
  forward.max_rate = from.value("max_rate", "bytes a second, at least 1 kB, such as 5 MB",
                                parse_rate, Presence::optional);
  from.done();
  return forward;
}

}  // namespace

std::vector<ForwardSettings> read_forwards(MapReader& from, std::vector<YAML::Mark>& listen_marks) {
  const std::string expected = "a list of at most " + std::to_string(kMaxForwards) +
                               " forwards, each with name, direction, listen and target";
  std::vector<ForwardSettings> forwards;
  const auto entries = from.list("forwards", expected, Presence::optional);
  if (!entries) return forwards;
  if (entries->size() > kMaxForwards) from.problem("forwards", expected);

  // Where each has been used first.
  std::map<std::string, std::string> names;
  std::map<std::pair<ForwardDirection, std::string>, std::string> listens;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    auto entry = from.entry((*entries)[i], "forwards", i);
    if (!entry) continue;
    ForwardSettings forward = read_forward(*entry);
    const std::string line = std::to_string(entry->mark("").line + 1);
    if (const auto [other, is_new] = names.emplace(forward.name, line);
        !is_new && !forward.name.empty()) {
      entry->problem("name",
                     "a name of its own; the forward on line " + other->second + " has it too");
    }
    const auto [other, is_new] =
        listens.emplace(std::pair(forward.direction, forward.listen.text()), line);
    if (!is_new && forward.listen.port != 0) {
      entry->problem("listen", "an address of its own; the forward on line " + other->second +
                                   " listens there, too");
    }
    listen_marks.push_back(entry->mark("listen"));
    forwards.push_back(std::move(forward));
  }
  return forwards;
}

}  // namespace icom::config
