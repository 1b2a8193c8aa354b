// Any text as gateway.yaml and two site files: settings that can be worked with, or problems that
// name their place.
//
// Input: the text of gateway.yaml, of sites/nbcc.yaml and of sites/rccc.yaml, parted by lines of
// %%%.
#include "common/config/gateway_settings.hpp"

#include <array>
#include <set>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/settings_file.hpp"

namespace icom::fuzz {
namespace {

struct Text {
  std::filesystem::path file;
  std::string_view text;
};

std::string_view cut_off_first(std::string_view& text) {
  constexpr std::string_view kParting = "\n%%%\n";
  const std::size_t end = std::min(text.find(kParting), text.size());
  const std::string_view first = text.substr(0, end);
  text.remove_prefix(std::min(end + kParting.size(), text.size()));
  return first;
}

void check(const config::GatewaySettings& settings) {
  for (const auto& path : {settings.sites_folder, settings.tokens_folder, settings.store}) {
    require(path.is_absolute(), "a whole path");
  }
  require(settings.ingest.port != 0 && !settings.ingest.host.empty(), "an address to listen on");
  require(!settings.archive || settings.archive->directory.is_absolute(), "a whole path");
  std::set<std::string> names;
  std::set<std::string> serials;
  for (const config::SiteSettings& site : settings.sites) {
    require(names.insert(site.site).second, "no site is there twice");
    for (const config::LinacSettings& linac : site.linacs) {
      require(serials.insert(linac.serial).second, "no two sites have one serial");
    }
  }
}

void check_place_in_any(const config::Problem& problem, const std::array<Text, 3>& texts) {
  for (const Text& one : texts) {
    if (problem.file == one.file.string()) return check_place(problem, one.file, one.text);
  }
  require(problem.line == 0 && is_plain_line(problem.text()) && !problem.expected.empty(),
          "what is no settings file is no place in one");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = as_text(Input(data, size).rest());
  const std::filesystem::path sites = settings_folder() / "sites";
  std::filesystem::create_directories(sites);
  std::array<Text, 3> texts{Text{settings_folder() / "gateway.yaml", {}},
                            Text{sites / "nbcc.yaml", {}}, Text{sites / "rccc.yaml", {}}};
  for (Text& one : texts) {
    one.text = cut_off_first(rest);
    write_settings(one.file, one.text);
  }
  try {
    check(config::load_gateway(texts[0].file));
  } catch (const config::ConfigError& error) {
    require(!error.problems().empty(), "an error has a problem");
    for (const config::Problem& problem : error.problems()) check_place_in_any(problem, texts);
  }
  return 0;
}

}  // namespace icom::fuzz
