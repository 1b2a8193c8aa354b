// As which account the gateway runs: whose rights `check` is about.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/os/account.hpp"
#include "gateway/serve/unit_file.hpp"

namespace icom::serve {

struct ServiceAccount {
  std::optional<os::Account> account;  ///< nullopt: nothing says which, or `problem`
  std::string by;                      ///< what says so, for people
  std::string problem;                 ///< a sentence: what names an account that there is not
};

/// Of the gateway with these settings, by the first of these that says it: `given` (a name or a
/// number, empty if nobody gave one); the gateway that runs; `User=` of the unit
/// icom-gateway.service in `units`, if that starts a gateway with these settings; the owner of the
/// store, or of the nearest folder above it that is there. Settings that cannot be read are no
/// error: then there is no store to go by.
/// Waits for no disk and no directory service longer than a few seconds each.
ServiceAccount service_account(const std::filesystem::path& config, const std::string& given,
                               const std::vector<std::filesystem::path>& units = unit_folders());

}  // namespace icom::serve
