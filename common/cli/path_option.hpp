// Paths on a command line.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <utility>

#include "common/os/path_text.hpp"

namespace icom::cli {

/// As app.add_option(name, path, description); what the command line has is UTF-8. `path` must live
/// as long as `app`.
inline CLI::Option* add_path(CLI::App& app, std::string name, std::filesystem::path& path,
                             std::string description) {
  auto* const option = app.add_option_function<std::string>(
      std::move(name), [&path](const std::string& text) { path = os::path_of_utf8(text); },
      std::move(description));
  option->default_function([&path] { return os::utf8(path); });
  return option;
}

}  // namespace icom::cli
