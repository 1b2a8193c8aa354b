// Whether the gateway of a store runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

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

/// A process that was started as a gateway with these settings, by its command line: also one whose
/// store was taken away under it, and with it the lock. nullopt if there is none. Thread-safe.
std::optional<std::int64_t> started_gateway(const std::filesystem::path& config);

/// That process has the database that the store's path names, and its WAL. nullopt: this account
/// may not look, the disk does not say, or the process has ended. Thread-safe.
std::optional<bool> has_store(std::int64_t process, const std::filesystem::path& store);

/// Of a process that has not: what it means, and what not to do.
std::string without_store_text(std::int64_t process, const std::filesystem::path& store);

/// The same with its account. nullopt also where the machine does not say whose it is. Asks the
/// directory service, too. Throws std::system_error if that fails. Thread-safe.
std::optional<RunningGateway> running_gateway(const std::filesystem::path& store);

}  // namespace icom::serve
