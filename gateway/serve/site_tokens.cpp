#include "gateway/serve/site_tokens.hpp"

#include <utility>

#include "common/config/config_error.hpp"

namespace icom::serve {

std::filesystem::path token_file(const config::GatewaySettings& settings, const std::string& site) {
  return settings.tokens_folder / (site + ".token");
}

std::vector<SiteToken> read_tokens(const config::GatewaySettings& settings) {
  std::vector<SiteToken> tokens;
  std::vector<config::Problem> problems;
  for (const config::SiteSettings& site : settings.sites) {
    try {
      tokens.push_back({site.site, config::read_secret(token_file(settings, site.site))});
    } catch (const config::ConfigError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  if (!problems.empty()) throw config::ConfigError(std::move(problems));
  return tokens;
}

}  // namespace icom::serve
