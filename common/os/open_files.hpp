// Which files another process of this machine has open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace icom::os {

/// Whether it has what the path names now. False also where the path names nothing. nullopt: there
/// is no such process, or this account may not look, or the disk does not say. Thread-safe.
std::optional<bool> has_open(std::int64_t process, const std::filesystem::path& file);

}  // namespace icom::os
