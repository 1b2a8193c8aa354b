#include "agent/forward/own_token.hpp"

#include <filesystem>
#include <system_error>

#include "agent/forward/link_failure.hpp"
#include "common/config/config_error.hpp"
#include "common/os/machine_fault.hpp"
#include "common/os/path_text.hpp"

namespace icom::forward {

std::string read_own_token(const config::TunnelSettings& tunnel) {
  constexpr const char* kKey = "tunnel.token_file: ";
  try {
    return config::read_secret(tunnel.token_file);
  } catch (const config::ConfigError& error) {
    std::error_code unknown;
    const auto there = std::filesystem::status(tunnel.token_file, unknown);
    if (there.type() == std::filesystem::file_type::not_found) {
      throw LinkFailure(
          FailureKind::settings,
          kKey + os::utf8(tunnel.token_file) +
              " is not there: this machine is not enrolled yet, or the file was moved. "
              "icom-agent enrol FILE writes it, with the FILE that icom-gateway "
              "add-site makes at the hosting site");
    }
    throw LinkFailure(FailureKind::settings, kKey + std::string(error.what()));
  } catch (const os::MachineFault& fault) {
    throw LinkFailure(FailureKind::settings, kKey + std::string(fault.what()));
  }
}

}  // namespace icom::forward
