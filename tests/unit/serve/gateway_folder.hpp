// Settings, sites and tokens of a gateway for one test.
#pragma once

#include <spdlog/spdlog.h>

#include <sstream>
#include <string>

#include "tests/unit/config/settings_folder.hpp"
#include "tests/unit/os/free_port.hpp"

namespace icom::serve {

class GatewayFolder : public config::SettingsFolder {
 protected:
  GatewayFolder() {
    // Made here, not by two of a gateway's threads at once: the sanitizer does not see how the
    // library guards that.
    spdlog::default_logger_raw();
    write("sites/nbcc.yaml", config::kSite);
    write_token("nbcc", kToken + "\n");
    std::filesystem::create_directories(folder_ / "archive");
    config_ = write("gateway.yaml", settings());
  }
  void write_token(const std::string& site, const std::string& content,
                   unsigned mode = 0600) const {
    const auto file = write("tokens/" + site + ".token", content);
    std::filesystem::permissions(file, static_cast<std::filesystem::perms>(mode));
  }
  [[nodiscard]] std::string settings() const {
    return "sites: sites\ntokens: tokens\ningest: 127.0.0.1:" + std::to_string(port_) +
           "\nstore: store\narchive:\n  directory: archive\n";
  }

  inline static const std::string kToken = "the token of nbcc, thirty-two ..";
  std::uint16_t port_ = free_port();
  std::filesystem::path config_;
};

}  // namespace icom::serve
