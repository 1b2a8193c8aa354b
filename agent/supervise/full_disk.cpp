#include "agent/supervise/full_disk.hpp"

#include <chrono>
#include <cstdint>
#include <system_error>

#include "common/control/client.hpp"
#include "common/os/path_text.hpp"

namespace icom::supervise {

namespace {

/// A few status files.
constexpr std::uintmax_t kRoomForStatus = 64 * 1024;
constexpr std::chrono::milliseconds kListenerSaysWithin{500};

}  // namespace

std::string why_no_room(const std::filesystem::path& spool_directory) {
  std::error_code unknown;
  const auto space = std::filesystem::space(spool_directory, unknown);
  if (unknown || space.available >= kRoomForStatus) return {};
  return "the disk of " + os::utf8(spool_directory) + " is full (" +
         std::to_string(space.available) + " bytes are left)";
}

std::string why_spool_refuses(const std::filesystem::path& linac_folder) {
  const auto reply =
      control::ask_and_wait(linac_folder / control::kListenerSocket, std::string(control::kAlive),
                            control::kAlive, kListenerSaysWithin);
  return reply.answered() ? reply.text : std::string();
}

}  // namespace icom::supervise
