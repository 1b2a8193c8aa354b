#include "agent/supervise/chosen_linacs.hpp"

#include <algorithm>
#include <stdexcept>

namespace icom::supervise {

std::vector<std::string> chosen_linacs(const config::SiteSettings& site,
                                       const std::string& serial) {
  std::vector<std::string> all;
  std::string names;
  for (const auto& linac : site.linacs) {
    all.push_back(linac.serial);
    names += (names.empty() ? "" : ", ") + linac.serial;
  }
  if (serial.empty()) return all;
  if (std::find(all.begin(), all.end(), serial) != all.end()) return {serial};
  throw std::invalid_argument("--linac: site " + site.site + " has no Linac '" + serial +
                              "'; it has " + names);
}

}  // namespace icom::supervise
