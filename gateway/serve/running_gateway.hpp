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

/// The process that has the store in this folder, by the store's lock: a port may be held for it
/// while it is down. nullopt if none has, or this account may not look there. Asks the store's
/// disk, which answers when it likes. Thread-safe.
std::optional<std::int64_t> gateways_process(const std::filesystem::path& store);

/// The same with its account. nullopt also where the machine does not say whose it is. Asks the
/// directory service, too. Throws std::system_error if that fails. Thread-safe.
std::optional<RunningGateway> running_gateway(const std::filesystem::path& store);

}  // namespace icom::serve
