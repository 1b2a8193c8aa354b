#include "gateway/serve/service_account.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <system_error>
#include <utility>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/limited_thread.hpp"
#include "gateway/serve/gateway_unit.hpp"
#include "gateway/serve/running_gateway.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

/// For a disk, or a directory service, that works.
constexpr std::chrono::seconds kAccountAnswerTime{5};

/// nullopt as well if whoever is asked does not answer in time, or fails.
template <typename Value>
std::optional<Value> asked(std::function<std::optional<Value>()> ask) {
  using Answer = std::optional<Value>;
  return os::answer_within<Answer>(kAccountAnswerTime, "check",
                                   [ask = std::move(ask)]() noexcept -> Answer {
                                     try {
                                       return ask();
                                     } catch (const std::exception&) {
                                       return std::nullopt;
                                     }
                                   })
      .value_or(std::nullopt);
}

ServiceAccount named_by(const std::string& name, std::string by) {
  ServiceAccount found;
  found.account = asked<os::Account>([name] { return os::account_named(name); });
  if (!found.account) {
    found.problem = by + " names " + name +
                    ", and this machine has no such account, or its directory service does not "
                    "answer: correct it, or make the account";
  }
  found.by = std::move(by);
  return found;
}

std::optional<fs::path> store_in(const fs::path& config) {
  try {
    return config::load_gateway_alone(config).store;
  } catch (const config::ConfigError&) {
    return std::nullopt;
  }
}

/// nullopt if there is no unit that starts a gateway with these settings.
std::optional<std::string> units_user(const fs::path& config, const std::vector<fs::path>& units) {
  if (!unit_starts_gateway_with(config, units)) return std::nullopt;
  const auto users = unit_values(kServiceUnit, "User", units);
  return users && !users->empty() ? users->back() : "root";
}

/// Of what is not there the nearest folder above.
std::optional<os::Account> owner_of_nearest(fs::path folder) {
  std::error_code error;
  while (fs::status(folder, error).type() == fs::file_type::not_found &&
         folder != os::folder_of(folder)) {
    folder = os::folder_of(folder);
  }
  // Nothing where this account may not look.
  const auto owner = os::owner_of(folder);
  return owner ? std::optional(os::account_of(*owner, *owner)) : std::nullopt;
}

}  // namespace

ServiceAccount service_account(const fs::path& config, const std::string& given,
                               const std::vector<fs::path>& units) {
  if (!given.empty()) return named_by(given, "--user");
  const auto store = store_in(config);
  if (store) {
    if (auto runs = asked<RunningGateway>([store] { return running_gateway(*store); })) {
      return {std::move(runs->account),
              "the gateway that runs, process " + std::to_string(runs->process), ""};
    }
  }
  if (const auto user = units_user(config, units)) {
    return named_by(*user, std::string("User= of ") + kServiceUnit);
  }
  if (!store) return {};
  return {asked<os::Account>([store] { return owner_of_nearest(*store); }),
          "the owner of " + store->string() + ", or of what is above it", ""};
}

}  // namespace icom::serve
