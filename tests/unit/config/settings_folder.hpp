// A folder of settings files for one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "common/config/config_error.hpp"
#include "tests/unit/config/example_site.hpp"

namespace icom::config {

class SettingsFolder : public testing::Test {
 protected:
  SettingsFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "icom-config-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = name;
  }
  ~SettingsFolder() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  /// What `load` throws.
  template <typename Load>
  static ConfigError error_of(Load load) {
    try {
      load();
    } catch (const ConfigError& error) {
      return error;
    }
    throw std::logic_error("no ConfigError");
  }

  std::filesystem::path folder_;
};

/// `text` with the first `what` replaced. Throws where there is none.
inline std::string with(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::logic_error("not in the text: " + what);
  return text.replace(at, what.size(), by);
}

}  // namespace icom::config
