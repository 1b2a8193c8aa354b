#include "gateway/serve/site_tokens.hpp"

namespace icom::serve {

std::filesystem::path token_file(const config::GatewaySettings& settings, const std::string& site) {
  return settings.tokens_folder / (site + ".token");
}

std::vector<SiteToken> read_tokens(const config::GatewaySettings& settings) {
  std::vector<SiteToken> tokens;
  for (const config::SiteSettings& site : settings.sites) {
    SiteToken& token = tokens.emplace_back();
    token.site = site.site;
    try {
      token.token = config::read_secret(token_file(settings, site.site));
    } catch (const config::ConfigError& error) {
      token.problems = error.problems();
    }
  }
  return tokens;
}

}  // namespace icom::serve
