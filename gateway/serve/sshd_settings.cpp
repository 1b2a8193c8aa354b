#include "gateway/serve/sshd_settings.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/log/printable.hpp"
#include "common/os/program_output.hpp"

namespace icom::serve {

namespace {

/// It may look up names that its settings have.
constexpr std::chrono::seconds kSshdAnswerTime{10};
/// Of no machine (RFC 5737): a site may come from anywhere.
constexpr const char* kSomewhere = "192.0.2.1";

std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// What is wrong, and where: the last line but the one in which sshd gives up. Warnings come first.
std::string complaint_in(const std::string& text) {
  std::istringstream lines(text);
  std::string complaint;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(": terminating, ") == std::string::npos && !line.empty()) complaint = line;
  }
  return log::printable(complaint, log::kSentence);
}

}  // namespace

SshdSettings::SshdSettings(std::string_view text) {
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos) continue;
    lines_.emplace(in_small_letters(line.substr(0, blank)), line.substr(blank + 1));
  }
}

std::string SshdSettings::value(const std::string& name) const {
  const auto found = lines_.lower_bound(name);
  return found != lines_.end() && found->first == name ? found->second : "";
}

std::string SshdSettings::word(const std::string& name) const {
  return in_small_letters(value(name));
}

std::vector<std::string> SshdSettings::words(const std::string& name) const {
  std::vector<std::string> all;
  const auto [first, last] = lines_.equal_range(name);
  for (auto line = first; line != last; ++line) {
    std::istringstream words_of(line->second);
    for (std::string one; words_of >> one;) all.push_back(one);
  }
  return all;
}

std::vector<config::Address> SshdSettings::listens() const {
  std::vector<config::Address> all;
  for (const std::string& text : words("listenaddress")) {
    if (const auto address = config::parse_address(text, 0)) all.push_back(*address);
  }
  return all;
}

std::variant<SshdSettings, std::string> sshd_settings_for(const std::string& user,
                                                          std::uint16_t port,
                                                          const SshdProgram& sshd) {
  const std::string from = kSomewhere;
  std::vector<std::string> arguments = sshd.options;
  arguments.insert(arguments.end(), {"-T", "-C",
                                     "user=" + user + ",host=" + from + ",addr=" + from +
                                         ",laddr=127.0.0.1,lport=" + std::to_string(port)});
  const std::string asked = sshd.program.string() + " -T";
  std::optional<os::ProgramOutput> output;
  try {
    output = os::output_of(sshd.program, arguments, kSshdAnswerTime);
  } catch (const std::system_error& error) {
    return std::string(error.what());
  }
  if (!output) {
    return asked + " does not answer within " + std::to_string(kSshdAnswerTime.count()) +
           " s: names in its settings that nobody resolves, as a rule";
  }
  if (output->exit_code != 0) {
    return asked + " says: " + complaint_in(output->err.empty() ? output->out : output->err) +
           "; as long as sshd cannot take its settings it lets nobody in once it is restarted. "
           "Correct them until sshd -t says nothing, then systemctl restart ssh; a folder that is "
           "missing in /run is made by that as well";
  }
  return SshdSettings(output->out);
}

}  // namespace icom::serve
