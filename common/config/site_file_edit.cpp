#include "common/config/site_file_edit.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/config/config_error.hpp"
#include "common/config/map_reader.hpp"
#include "common/config/name.hpp"
#include "common/config/site_file.hpp"
#include "common/config/yaml_list.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/path_text.hpp"
#include "common/os/users.hpp"

namespace icom::config {

namespace {

struct Present {
  std::string text;
  SiteFile site;
  YAML::Node document;
};

Present read_present(const std::filesystem::path& file) {
  YamlFile reader(file);
  const std::optional<std::string> text = reader.text();
  if (!text) throw ConfigError(read_site_file(file, SiteFileName::any_of_two).yaml.problems());
  Present present{*text, read_site_text(file, *text, SiteFileName::any_of_two), {}};
  if (!present.site.yaml.problems().empty()) throw ConfigError(present.site.yaml.problems());
  present.document = *reader.document(present.text);
  return present;
}

std::string place_of_linac(const SiteFile& site, std::size_t index) {
  return os::utf8(site.yaml.path()) + ':' + std::to_string(site.serial_marks[index].line + 1);
}

std::size_t index_of(const SiteFile& site, const std::string& serial) {
  const auto& linacs = site.settings.linacs;
  const auto found = std::ranges::find(linacs, serial, &LinacSettings::serial);
  if (found != linacs.end()) return static_cast<std::size_t>(found - linacs.begin());
  std::string all;
  for (const LinacSettings& linac : linacs) all += (all.empty() ? "" : ", ") + linac.serial;
  throw std::invalid_argument(os::utf8(site.yaml.path()) + ": there is no Linac " + serial +
                              "; there " + (all.empty() ? "is none" : "are: " + all));
}

void refuse_taken_address(const SiteFile& site, const Address& address) {
  const auto& linacs = site.settings.linacs;
  const auto found = std::ranges::find_if(linacs, [&address](const LinacSettings& linac) {
    return is_same_place(linac.address, address);
  });
  if (found == linacs.end()) return;
  throw std::invalid_argument(
      place_of_linac(site, static_cast<std::size_t>(found - linacs.begin())) + ": the address " +
      address.text() + " is that of Linac " + found->serial + ": a Linac has one of its own");
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';  // serials and addresses hold nothing that would need an escape
}

/// As a person would write it: no port where it is the usual one.
std::string written(const Address& address) {
  const std::string bare =
      parse_address(address.host, kIcomPort) == address ? address.host : address.text();
  // A colon or a bracket in front means something else to YAML.
  const bool plain = std::ranges::count(bare, ':') <= 1 && !bare.starts_with('[');
  return plain ? bare : quoted(bare);
}

/// Sorted. What stands behind a # outside of quotes that are closed on the line.
std::vector<std::string> comments_in(std::string_view text) {
  std::vector<std::string> comments;
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char here = text[at];
    const bool apart = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t' ||
                       text[at - 1] == '\n' || text[at - 1] == '\r';
    if (here == '\n') {
      quote = 0;
    } else if (quote != 0) {
      if (here == quote) quote = 0;
    } else if (here == '"' || here == '\'') {
      quote = here;
    } else if (here == '#' && apart) {
      const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
      comments.emplace_back(text.substr(at, end - at));
      at = end - 1;
    }
  }
  std::ranges::sort(comments);
  return comments;
}

/// `after` is the file's text then; `wanted` is what it must say. `hint`: what to do by hand.
/// `going`: lines whose comments may go.
SiteFileEdit checked(const Present& present, std::string after, SiteSettings wanted,
                     const std::string& hint, std::string_view going = {}) {
  const std::filesystem::path& file = present.site.yaml.path();
  const SiteFile result = read_site_text(file, after, SiteFileName::any_of_two);
  if (!result.yaml.problems().empty()) {
    throw EditByHand("nothing was written, since then " + result.yaml.problems().front().text() +
                     "; edit by hand: " + hint);
  }
  std::vector<std::string> kept = comments_in(after);
  std::ranges::move(comments_in(going), std::back_inserter(kept));
  std::ranges::sort(kept);
  if (result.settings != wanted || !std::ranges::includes(kept, comments_in(present.text))) {
    throw EditByHand(os::utf8(file) +
                     " is written in a way that cannot be changed without touching"
                     " something else: nothing was written; edit by hand: " +
                     hint);
  }
  return {file, present.text, std::move(after), std::move(wanted)};
}

YamlList list_of_linacs(const Present& present, const std::string& hint) {
  auto list = YamlList::find(present.text, present.document, "linacs");
  if (list) return *std::move(list);
  throw EditByHand(os::utf8(present.site.yaml.path()) +
                   ": the list of Linacs is written in a way "
                   "that cannot be changed without touching something else: edit by hand: " +
                   hint);
}

}  // namespace

SiteFileEdit with_linac(const std::filesystem::path& file, const LinacSettings& linac) {
  if (!parse_name(linac.serial)) {
    throw std::invalid_argument("a serial has 1 to 32 letters, digits, - or _");
  }
  const Present present = read_present(file);
  SiteSettings wanted = present.site.settings;
  const auto taken = std::ranges::find(wanted.linacs, linac.serial, &LinacSettings::serial);
  if (taken != wanted.linacs.end()) {
    throw std::invalid_argument(
        place_of_linac(present.site, static_cast<std::size_t>(taken - wanted.linacs.begin())) +
        ": there is a Linac " + linac.serial + " already, at " + taken->address.text());
  }
  refuse_taken_address(present.site, linac.address);
  if (wanted.linacs.size() >= kMaxLinacsPerSite) {
    throw std::invalid_argument(os::utf8(file) + ": there are " +
                                std::to_string(kMaxLinacsPerSite) +
                                " Linacs already, and a site has no more");
  }
  wanted.linacs.push_back(linac);
  const NewEntry entry{{"serial", quoted(linac.serial)}, {"address", written(linac.address)}};
  const std::string hint =
      "add to linacs: {serial: " + entry[0].second + ", address: " + entry[1].second + '}';
  return checked(present, list_of_linacs(present, hint).with(entry), std::move(wanted), hint);
}

SiteFileEdit without_linac(const std::filesystem::path& file, const std::string& serial) {
  const Present present = read_present(file);
  const std::size_t index = index_of(present.site, serial);
  SiteSettings wanted = present.site.settings;
  const auto& ports = wanted.fan_out.ports;
  if (std::ranges::find(ports, serial, &FanOutPort::serial) != ports.end()) {
    throw EditByHand(os::utf8(file) + ": Linac " + serial +
                     " has a port of fan_out: take that out of fan_out.ports first");
  }
  wanted.linacs.erase(wanted.linacs.begin() + static_cast<std::ptrdiff_t>(index));
  const std::string hint = "take the Linac on line " +
                           std::to_string(present.site.serial_marks[index].line + 1) +
                           " out of linacs";
  const YamlList list = list_of_linacs(present, hint);
  return checked(present, list.without(index), std::move(wanted), hint, list.lines_of(index));
}

void write_edit(const SiteFileEdit& edit, os::FileSystem& files) {
  if (edit.before == edit.after) return;
  const os::ActingForOwner owner(os::folder_of(edit.file));
  os::rewrite_edited_file(files, edit.file, edit.before, edit.after);
}

}  // namespace icom::config
