#include "common/os/not_as_root.hpp"

#include <chrono>
#include <cstdlib>
#include <optional>

#include "common/os/file_owner.hpp"
#include "common/os/path_text.hpp"

namespace icom::os {

std::string why_not_as_root(const std::filesystem::path& folder, const std::string& unit) {
  constexpr std::chrono::seconds kAnswerTime{2};
  const bool is_unit = std::getenv("INVOCATION_ID") != nullptr;
  const auto owner = is_unit || own_user() != 0 ? std::nullopt : owner_of(folder);
  if (!owner || *owner == 0) return {};
  const std::string account = user_name_within(kAnswerTime, *owner);
  return utf8(folder) + " belongs to account " + account +
         ", which could not use what root makes there: systemctl start " + unit +
         ", or run this as that account (runuser -u " + account + " -- ...)";
}

}  // namespace icom::os
