// What a site is let in by, as it stands on disk now.
#pragma once

#include <string>
#include <vector>

#include "common/config/config_error.hpp"
#include "gateway/registration/places.hpp"

namespace icom::registration {

struct SiteAccess {
  std::vector<std::string> tokens;        ///< the one in use, and that of a rotation under way
  std::string revoked;                    ///< since when; empty: it is not
  bool proved = false;                    ///< SiteRecord::proved
  std::string machine_fault;              ///< not empty: nothing is known but this, why
  std::vector<config::Problem> problems;  ///< why there is no token, or no record

  bool operator==(const SiteAccess& other) const;
};

/// Never throws for what it finds. A few small files are read.
SiteAccess read_access(const Places& places, const std::string& site);

}  // namespace icom::registration
