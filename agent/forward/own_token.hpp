// This site's token, as its file holds it now.
#pragma once

#include <string>

#include "common/config/site_settings.hpp"

namespace icom::forward {

/// The content of tunnel.token_file. Throws LinkFailure `settings`: what is wrong with that file,
/// and what to do.
std::string read_own_token(const config::TunnelSettings& tunnel);

}  // namespace icom::forward
