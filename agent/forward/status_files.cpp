#include "agent/forward/status_files.hpp"

#include <stdexcept>
#include <string>

#include "common/os/edited_file.hpp"

namespace icom::forward {

namespace {

/// Of a thousand Linacs, and more.
constexpr std::uint64_t kMaxStatusBytes = 16U << 20U;

/// Empty where it cannot be read. Whoever asks for a status may be another account than the one
/// whose file it is, and must not wait for it.
std::string read_file(const std::filesystem::path& path) {
  try {
    return os::read_text_file(os::real_file_system(), path, kMaxStatusBytes);
  } catch (const std::runtime_error&) {
    return {};
  }
}

}  // namespace

std::optional<listen::ListenerStatus> read_listener_status(
    const std::filesystem::path& spool_directory) {
  return listen::listener_status_from_json(
      read_file(spool_directory / listen::kListenerStatusFile));
}

std::optional<ForwardStatus> read_forward_status(const std::filesystem::path& site_directory) {
  return forward_status_from_json(read_file(site_directory / kForwardStatusFile));
}

}  // namespace icom::forward
