// A settings file being read, and what is wrong with it so far. Private to common/config.
#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/config_error.hpp"

namespace icom::config {

/// Problems are gathered, not thrown one by one, so that an operator sees all of them at once.
class YamlFile {
 public:
  explicit YamlFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// The file's content; nothing, and a problem, if it cannot be read.
  std::optional<std::string> text();
  /// The only document of `text`, a map; nothing, and a problem, if it is none.
  std::optional<YAML::Node> document(const std::string& text);
  /// That of the file's content.
  std::optional<YAML::Node> document();
  /// A relative path starts at the file's folder.
  [[nodiscard]] std::filesystem::path resolved(const std::string& path) const;
  [[nodiscard]] const std::filesystem::path& path() const { return file_; }

  /// `key` and `read` may be anything that stands in the file.
  void problem(const YAML::Mark& mark, std::string_view key, std::string_view read,
               std::string expected);
  /// With the file as a whole.
  void problem(std::string expected);
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::filesystem::path file_;
  std::vector<Problem> problems_;
};

/// What stands there, for a message: the text of a scalar, `a list`, `a map`, or nothing.
std::string described(const YAML::Node& node);

}  // namespace icom::config
