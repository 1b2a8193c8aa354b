#include "agent/forward/status_files.hpp"

#include <fstream>
#include <iterator>
#include <string>

namespace icom::forward {

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
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
