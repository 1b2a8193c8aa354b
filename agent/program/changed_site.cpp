#include "agent/program/changed_site.hpp"

#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "common/config/config_error.hpp"
#include "common/config/reload.hpp"

namespace icom::program {

ChangedSite read_changed_site(const std::filesystem::path& file,
                              const config::SiteSettings& running) {
  try {
    auto reloaded = config::reload_site(file, running);
    for (const auto& sentence : reloaded.needs_restart) spdlog::warn("{}", sentence);
    return {std::move(reloaded.settings)};
  } catch (const config::ConfigError& error) {
    spdlog::error(
        "changed settings are not taken, what runs goes on as it is, and is not to be restarted "
        "before this is put right, since it would not start:\n{}",
        error.what());
    return {std::nullopt, error.what()};
  } catch (const std::exception& error) {  // no memory, say: what runs is worth more
    spdlog::error("changed settings cannot be read: {}; what runs goes on as it is", error.what());
    return {std::nullopt, error.what()};
  }
}

}  // namespace icom::program
