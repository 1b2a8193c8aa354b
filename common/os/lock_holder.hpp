// Who keeps others waiting.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace icom::os {

/// Whose lock FileSystem::lock() has met, for a message: `process 4711 (icom-gateway)`, or `another
/// process` where the machine does not say. A name of a process tells what it is, and nothing of
/// what it was given.
std::string lock_holder(const std::filesystem::path& lock);

/// The number of the process that holds it, which may have ended when this returns. Takes no lock,
/// so it keeps nobody from it. nullopt if none does, or this account cannot look.
std::optional<std::int64_t> lock_process(const std::filesystem::path& lock);

}  // namespace icom::os
