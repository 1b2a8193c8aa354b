#include "gateway/serve/known_stores.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "common/os/edited_file.hpp"
#include "common/os/file_system.hpp"
#include "gateway/serve/running_gateway.hpp"
#include "gateway/store/store_files.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

std::string line_of(const config::GatewaySettings& settings) {
  return fs::absolute(settings.store).lexically_normal().string();
}

/// Paths, one for each place that a store was ever in.
constexpr std::uint64_t kMostKnownBytes = 1U << 20U;

/// Returns nullopt where the file is there and cannot be read. The gateway's start waits for it, so
/// nothing is read but a file that is small.
std::optional<std::vector<std::string>> known_stores(const config::GatewaySettings& settings) {
  std::vector<std::string> stores;
  const fs::path path = known_stores_file(settings);
  std::error_code error;
  if (fs::status(path, error).type() == fs::file_type::not_found) return stores;
  try {
    std::istringstream lines(os::read_text_file(os::real_file_system(), path, kMostKnownBytes));
    for (std::string line; std::getline(lines, line);) stores.push_back(line);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
  return stores;
}

bool is_among(const std::vector<std::string>& stores, const config::GatewaySettings& settings) {
  return std::ranges::find(stores, line_of(settings)) != stores.end();
}

}  // namespace

fs::path known_stores_file(const config::GatewaySettings& settings) {
  return settings.tokens_folder / "known-stores";
}

std::string lost_store(const config::GatewaySettings& settings) {
  const fs::path database = store::database_file(settings.store);
  std::error_code error;
  const auto bytes = fs::file_size(database, error);
  const bool gone = error ? error == std::errc::no_such_file_or_directory : bytes == 0;
  if (!gone) return {};
  const auto known = known_stores(settings);
  if (!known) {
    return "there is no store, and whether there was one cannot be read in " +
           known_stores_file(settings).string() +
           ": mend the file, its rights or its disk, or remove it if a new, empty store is wanted";
  }
  if (!is_among(*known, settings)) return {};
  return "there was a store here, and now " + database.string() +
         (error ? " is not there" : " is empty") +
         ": mount its disk, or stop icom-gateway and put a backup back (docs/storage.md, "
         "\"Backup\"). If a new, empty "
         "store is wanted, remove " +
         known_stores_file(settings).string();
}

std::string lost_store_now(const fs::path& config, const config::GatewaySettings& settings) {
  std::string lost = lost_store(settings);
  const auto process = lost.empty() ? std::nullopt : started_gateway(config);
  if (!process || has_store(*process, settings.store).value_or(false)) return lost;
  return store::database_file(settings.store).string() +
         " is not there: " + without_store_text(*process, settings.store);
}

std::string lost_registration(const config::GatewaySettings& settings) {
  const fs::path store = line_of(settings);
  const fs::path registration = fs::absolute(settings.registration).lexically_normal();
  const fs::path within = registration.lexically_relative(store);
  return !within.empty() && *within.begin() != ".." ? lost_store(settings) : std::string();
}

void remember_store(const config::GatewaySettings& settings) {
  const auto stores = known_stores(settings);
  if (!stores) {
    spdlog::warn("cannot read {}: were the store lost, the gateway would not start",
                 known_stores_file(settings).string());
    return;
  }
  if (is_among(*stores, settings)) return;
  std::string text;
  for (const std::string& known : *stores) text += known + "\n";
  text += line_of(settings) + "\n";
  const auto error = os::write_atomically_for(os::real_file_system(), known_stores_file(settings),
                                              os::Access::group, as_bytes(text));
  if (!error) return;
  spdlog::warn(
      "cannot write {} ({}): were the store lost, the gateway would begin a new one without a word",
      known_stores_file(settings).string(), error.message());
}

}  // namespace icom::serve
