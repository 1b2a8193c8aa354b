// What a program of this machine prints.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace icom::os {

struct ProgramOutput {
  int exit_code = 0;  ///< 128 and the signal's number where one ended it
  std::string out;
  std::string err;
};

/// Of each stream; what is beyond is read, and left out.
inline constexpr std::size_t kMostProgramOutput = std::size_t{256} << 10U;

/// Starts the file `program` with these arguments, no shell, nothing on its standard input, and of
/// our environment nothing but the usual path and no language. nullopt if it has not ended within
/// `limit`: it is killed then. Throws std::system_error where it cannot be started.
std::optional<ProgramOutput> output_of(const std::filesystem::path& program,
                                       const std::vector<std::string>& arguments,
                                       std::chrono::milliseconds limit);

}  // namespace icom::os
