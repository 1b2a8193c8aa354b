#include "agent/supervise/older_programs.hpp"

#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

namespace icom::supervise {

namespace {

/// `0.10.2` as {0, 10, 2}.
std::optional<std::vector<unsigned>> numbers_of(std::string_view version) {
  std::vector<unsigned> numbers;
  for (const char *at = version.data(), *end = at + version.size();;) {
    unsigned number = 0;
    const auto [behind, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return std::nullopt;
    numbers.push_back(number);
    if (behind == end) return numbers;
    if (*behind != '.') return std::nullopt;
    at = behind + 1;
  }
}

/// `the forwarder (0.1.0)`, one after the other.
class OlderPrograms {
 public:
  explicit OlderPrograms(std::string_view than) : than_(than) {}

  bool add(const std::string& what, const ProgramState& program) {
    if (!is_older(program.version, than_)) return false;
    text_ += (text_.empty() ? "" : ", ") + what + " (" + program.version + ")";
    return true;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string_view than_;
  std::string text_;
};

std::uint64_t clients_of_fan_out(const SiteState& site) {
  return std::accumulate(site.fan_out.begin(), site.fan_out.end(), std::uint64_t{0},
                         [](auto sum, const auto& port) { return sum + port.clients; });
}

/// What `icom-agent upgrade` replaces.
std::string note_on_its_programs(const SiteState& site, std::string_view version) {
  OlderPrograms older(version);
  for (const auto& linac : site.linacs) {
    older.add("the listener of Linac " + linac.serial, linac.listener);
  }
  older.add("the forwarder", site.forwarder);
  const bool fan_out = older.add("the fan-out", site.fan_out_program);
  if (older.text().empty()) return {};
  const std::string note =
      "older than this icom-agent (" + std::string(version) + "): " + older.text() + ": ";
  if (!site.agent_runs) {
    return note +
           "no icom-agent run looks after them: start the installed ones in their place, "
           "icom-listen with --take-over";
  }
  const auto clients = fan_out ? clients_of_fan_out(site) : 0;
  return note + "icom-agent upgrade replaces them" +
         (clients == 0 ? ""
                       : "; the fan-out only with --cut-clients as long as it has clients (" +
                             std::to_string(clients) + " now)");
}

}  // namespace

bool is_older(std::string_view version, std::string_view than) {
  const auto ours = numbers_of(version);
  const auto theirs = numbers_of(than);
  return ours && theirs && *ours < *theirs;
}

std::vector<std::string> notes_on_older_programs(const SiteState& site, std::string_view version) {
  std::vector<std::string> notes;
  if (auto note = note_on_its_programs(site, version); !note.empty()) {
    notes.push_back(std::move(note));
  }
  if (site.agent_runs && is_older(site.agent.version, version)) {
    notes.push_back("icom-agent run (process " + std::to_string(site.agent.pid) +
                    ") is of version " + site.agent.version + ", older than this icom-agent (" +
                    std::string(version) +
                    "): icom-agent upgrade replaces it; no Linac notices that");
  }
  return notes;
}

}  // namespace icom::supervise
