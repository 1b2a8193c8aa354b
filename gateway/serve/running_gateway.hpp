// Whether the gateway of a store runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/os/account.hpp"

namespace icom::serve {

struct RunningGateway {
  std::int64_t process = 0;
  os::Account account;
};

/// The one that has the store in this folder, by the store's lock: a port may be held for it while
/// it is down. nullopt if none runs, or this account may not look there. Asks the directory service
/// and the store's disk, which answer when they like. Thread-safe.
std::optional<RunningGateway> running_gateway(const std::filesystem::path& store);

}  // namespace icom::serve
