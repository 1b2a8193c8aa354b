// Which Linacs of a site a command is about.
#pragma once

#include <string>
#include <vector>

#include "common/config/site_settings.hpp"

namespace icom::supervise {

/// The serials: the one that is named, or all of the site where `serial` is empty. Throws
/// std::invalid_argument, naming those that there are, if the site has no such Linac.
std::vector<std::string> chosen_linacs(const config::SiteSettings& site, const std::string& serial);

}  // namespace icom::supervise
