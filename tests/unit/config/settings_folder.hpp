// A folder of settings files for one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "common/config/config_error.hpp"

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

/// A whole site file in which a test changes one thing.
inline const std::string kSite = R"(site: nbcc
timezone: Australia/Sydney
linacs:
  - serial: "4299"
    address: 192.168.17.40
  - serial: "9183"
    address: 192.168.17.42:1707
tunnel:
  host: physics.rccc.example
  port: 38471
  user: icom
  key: /etc/icom/nbcc_ed25519
  known_hosts: known_hosts
  gateway: 127.0.0.1:7600
  token_file: ../secrets/nbcc.token
spool:
  directory: /var/lib/icom/spool
  max_bytes: 20 GiB
forwards: []
)";

/// `text` with the first `what` replaced. Throws where there is none.
inline std::string with(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::logic_error("not in the text: " + what);
  return text.replace(at, what.size(), by);
}

}  // namespace icom::config
