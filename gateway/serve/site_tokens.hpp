// The sites that may call, with their tokens, as the settings say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/gateway_settings.hpp"

namespace icom::serve {

struct SiteToken {
  std::string site;
  std::string token;
};

/// Where the token of `site` is.
std::filesystem::path token_file(const config::GatewaySettings& settings, const std::string& site);

/// One for each site of the settings, in their order. Throws config::ConfigError with all files
/// that cannot be used.
std::vector<SiteToken> read_tokens(const config::GatewaySettings& settings);

}  // namespace icom::serve
