// The sites that may call, with their tokens, as the settings say.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"

namespace icom::serve {

struct SiteToken {
  std::string site;
  std::string token;                      ///< empty if its file cannot be used
  std::vector<config::Problem> problems;  ///< then: why not
};

/// Where the token of `site` is.
std::filesystem::path token_file(const config::GatewaySettings& settings, const std::string& site);

/// One for each site of the settings, in their order. A file that cannot be used keeps out its own
/// site, nobody else.
std::vector<SiteToken> read_tokens(const config::GatewaySettings& settings);

}  // namespace icom::serve
