// Reads a YAML map key by key. Private to common/config.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/config/address.hpp"
#include "common/config/yaml_file.hpp"

namespace icom::config {

enum class Presence : std::uint8_t { required, optional };

/// How an address may be written, and what is meant by what is left out.
enum class AddressForm : std::uint8_t {
  with_port,        ///< HOST:PORT
  linac,            ///< HOST, which is HOST:1706, or HOST:PORT
  port_or_address,  ///< PORT, which is 127.0.0.1:PORT, or HOST:PORT
};

/// Each getter notes a problem where the key is missing though required, or has a value of another
/// kind, and then gives nothing. done() notes the keys that no getter asked for, and those that
/// stand there twice (yaml-cpp keeps both and finds the first).
class MapReader {
 public:
  /// `node` must be a map; `path` is the path of its key, empty for the document. `file` must
  /// outlive this.
  MapReader(YamlFile& file, const YAML::Node& node, std::string path);

  /// A single value, as `parse` (text -> std::optional<...>) understands it. `expected` says in
  /// words what that is.
  template <typename Parse>
  auto value(const std::string& key, const std::string& expected, Parse parse,
             Presence presence = Presence::required) -> decltype(parse(std::string())) {
    const std::optional<std::string> text = scalar(key, expected, presence);
    if (!text) return std::nullopt;
    auto parsed = parse(*text);
    if (!parsed) problem(key, expected);
    return parsed;
  }
  /// An address. Where host and port stand in each other's place the problem says so.
  std::optional<Address> address(const std::string& key, const std::string& expected,
                                 AddressForm form, Presence presence = Presence::required);
  /// A path; a relative one starts at the file's folder.
  std::optional<std::filesystem::path> path(const std::string& key, const std::string& expected,
                                            Presence presence = Presence::required);
  /// A list of at least one path.
  std::vector<std::filesystem::path> paths(const std::string& key, const std::string& expected);
  std::optional<MapReader> map(const std::string& key, Presence presence = Presence::required);
  /// The entries of a list. `expected` says what the list holds.
  std::optional<std::vector<YAML::Node>> list(const std::string& key, const std::string& expected,
                                              Presence presence = Presence::required);
  /// `node`, an entry of a list of maps, or nothing and a problem.
  std::optional<MapReader> entry(const YAML::Node& node, const std::string& key, std::size_t index);

  /// `node`, an entry of a list of single values, as value() would understand it.
  template <typename Parse>
  auto item(const YAML::Node& node, const std::string& key, std::size_t index,
            const std::string& expected, Parse parse) -> decltype(parse(std::string())) {
    if (node.IsScalar()) {
      if (auto parsed = parse(node.Scalar())) return parsed;
    }
    problem_of_item(node, key, index, expected);
    return std::nullopt;
  }

  /// Notes a problem with the value of `key`, or with this map if it has no such key.
  void problem(const std::string& key, const std::string& expected);
  /// Where the value of `key` stands; where this map does, if it has no such key.
  [[nodiscard]] YAML::Mark mark(const std::string& key) const;
  void done();

 private:
  struct Pair {
    YAML::Node key;
    YAML::Node value;
  };
  [[nodiscard]] std::optional<Pair> find(const std::string& key) const;
  [[nodiscard]] std::string path_of(const std::string& key) const;
  /// The key is known from now on. Nothing, and a problem if it is required, where it is not there.
  std::optional<Pair> take(const std::string& key, const std::string& expected, Presence presence);
  std::optional<std::string> scalar(const std::string& key, const std::string& expected,
                                    Presence presence);
  [[nodiscard]] std::optional<std::filesystem::path> parse_path(const std::string& text) const;
  void problem_of_item(const YAML::Node& node, const std::string& key, std::size_t index,
                       const std::string& expected);

  YamlFile* file_;
  YAML::Node node_;
  std::string path_;
  std::set<std::string> known_;
};

}  // namespace icom::config
