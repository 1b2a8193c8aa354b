#include "common/config/map_reader.hpp"

#include <algorithm>
#include <utility>

#include "common/config/yaml_mistake.hpp"
#include "common/text/control.hpp"
#include "common/text/nearest.hpp"

namespace icom::config {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What an unknown key may have been meant to be, and all that could stand there.
std::string known_keys(const std::set<std::string>& known, std::string_view unknown) {
  if (const std::string* const meant = text::nearest(known, unknown)) {
    return "a known key: did you mean " + *meant + "?";
  }
  std::string all;
  for (const std::string& key : known) all += (all.empty() ? "" : ", ") + key;
  return "a known key, one of " + all;
}

constexpr const char* kWrittenOut = ", written out: only a shell puts in ~ and $HOME";

/// `~/x` and `$HOME/x` would be folders of these very names.
bool is_for_a_shell(std::string_view path) {
  return path.starts_with('~') || path.starts_with("$");
}

}  // namespace

MapReader::MapReader(YamlFile& file, const YAML::Node& node, std::string path)
    : file_(&file), node_(node), path_(std::move(path)) {}

std::string MapReader::path_of(const std::string& key) const {
  return path_.empty() || key.empty() ? path_ + key : path_ + '.' + key;
}

std::optional<MapReader::Pair> MapReader::find(const std::string& key) const {
  for (const auto& pair : node_) {
    if (pair.first.IsScalar() && pair.first.Scalar() == key) return Pair{pair.first, pair.second};
  }
  return std::nullopt;
}

std::optional<MapReader::Pair> MapReader::take(const std::string& key, const std::string& expected,
                                               Presence presence) {
  known_.insert(key);
  std::optional<Pair> pair = find(key);
  if (!pair && presence == Presence::required) {
    file_->problem(node_.Mark(), path_of(key), "", "this key, with " + expected);
  }
  return pair;
}

std::optional<std::string> MapReader::scalar(const std::string& key, const std::string& expected,
                                             Presence presence) {
  const std::optional<Pair> pair = take(key, expected, presence);
  if (!pair) return std::nullopt;
  if (!pair->value.IsScalar()) {
    problem(key, expected);
    return std::nullopt;
  }
  return pair->value.Scalar();
}

std::optional<Address> MapReader::address(const std::string& key, const std::string& expected,
                                          AddressForm form, Presence presence) {
  const std::optional<std::string> text = scalar(key, expected, presence);
  if (!text) return std::nullopt;
  std::optional<Address> address;
  if (form == AddressForm::port_or_address && is_number(*text)) {
    address = parse_address("127.0.0.1:" + *text, 0);
  } else {
    address = parse_address(*text, form == AddressForm::linac ? kIcomPort : 0);
  }
  if (!address) {
    problem(key, address_meant_by(*text).value_or(expected));
  }
  return address;
}

std::optional<std::filesystem::path> MapReader::parse_path(const std::string& text) const {
  // Nobody means one in a path, and messages name paths.
  const bool is_none = text.empty() || std::ranges::any_of(text, text::is_control);
  if (is_none || is_for_a_shell(text)) return std::nullopt;
  return file_->resolved(text);
}

std::optional<std::filesystem::path> MapReader::path(const std::string& key,
                                                     const std::string& expected,
                                                     Presence presence) {
  const std::optional<std::string> text = scalar(key, expected, presence);
  if (!text) return std::nullopt;
  auto path = parse_path(*text);
  if (!path) problem(key, is_for_a_shell(*text) ? expected + kWrittenOut : expected);
  return path;
}

std::vector<std::filesystem::path> MapReader::paths(const std::string& key,
                                                    const std::string& expected) {
  std::vector<std::filesystem::path> paths;
  const auto entries = list(key, expected);
  if (!entries) return paths;
  if (entries->empty()) problem(key, expected);
  const auto parse = [this](const std::string& text) { return parse_path(text); };
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const YAML::Node& entry = (*entries)[i];
    const bool is_wrong = entry.IsScalar() && is_for_a_shell(entry.Scalar());
    if (auto path = item(entry, key, i, is_wrong ? expected + kWrittenOut : expected, parse)) {
      paths.push_back(*path);
    }
  }
  return paths;
}

std::optional<MapReader> MapReader::map(const std::string& key, Presence presence) {
  const std::optional<Pair> pair = take(key, "a map of settings", presence);
  if (!pair) return std::nullopt;
  if (!pair->value.IsMap()) {
    problem(key, "a map of settings");
    return std::nullopt;
  }
  return MapReader(*file_, pair->value, path_of(key));
}

std::optional<std::vector<YAML::Node>> MapReader::list(const std::string& key,
                                                       const std::string& expected,
                                                       Presence presence) {
  const std::optional<Pair> pair = take(key, expected, presence);
  if (!pair) return std::nullopt;
  if (!pair->value.IsSequence()) {
    problem(key, expected);
    return std::nullopt;
  }
  return std::vector<YAML::Node>(pair->value.begin(), pair->value.end());
}

std::optional<MapReader> MapReader::entry(const YAML::Node& node, const std::string& key,
                                          std::size_t index) {
  std::string path = path_of(key) + '[' + std::to_string(index) + ']';
  if (!node.IsMap()) {
    file_->problem(node.Mark(), path, described(node), "a map of settings");
    return std::nullopt;
  }
  return MapReader(*file_, node, std::move(path));
}

YAML::Mark MapReader::mark(const std::string& key) const {
  const std::optional<Pair> pair = find(key);
  if (!pair) return node_.Mark();
  // An empty value has no place of its own.
  return pair->value.IsNull() ? pair->key.Mark() : pair->value.Mark();
}

void MapReader::problem(const std::string& key, const std::string& expected) {
  const std::optional<Pair> pair = find(key);
  const std::string value = pair ? described(pair->value) : "";
  file_->problem(mark(key), path_of(key), value, expected + hint_about(value));
}

void MapReader::problem_of_item(const YAML::Node& node, const std::string& key, std::size_t index,
                                const std::string& expected) {
  file_->problem(node.Mark(), path_of(key) + '[' + std::to_string(index) + ']', described(node),
                 expected);
}

void MapReader::done() {
  std::set<std::string> seen;
  for (const auto& pair : node_) {
    const std::string key = described(pair.first);
    if (!known_.contains(key)) {
      file_->problem(pair.first.Mark(), path_of(key), "", known_keys(known_, key));
    } else if (!seen.insert(key).second) {
      file_->problem(pair.first.Mark(), path_of(key), "",
                     "this key once; it stands on line " +
                         std::to_string(find(key)->key.Mark().line + 1) + " too" +
                         (path_.ends_with(']') ? "; a dash may be missing before it" : ""));
    }
  }
}

}  // namespace icom::config
