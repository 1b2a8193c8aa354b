// Who keeps others waiting.
#pragma once

#include <filesystem>
#include <string>

namespace icom::os {

/// Whose lock FileSystem::lock() has met, for a message: `process 4711 (icom-gateway)`, or `another
/// process` where the machine does not say. A name of a process tells what it is, and nothing of
/// what it was given.
std::string lock_holder(const std::filesystem::path& lock);

}  // namespace icom::os
