#include "agent/listen/control_place.hpp"

#include <boost/system/system_error.hpp>
#include <system_error>

namespace icom::listen {

std::optional<ControlAcceptor> ControlPlace::in_place_of_a_removed_one(
    const boost::asio::any_io_executor& executor) const {
  if (!wanted_) return std::nullopt;
  std::error_code unknown;
  const auto there = std::filesystem::symlink_status(folder_ / kControlSocket, unknown);
  if (there.type() != std::filesystem::file_type::not_found) return std::nullopt;
  try {
    return open_control_socket(executor, folder_);
  } catch (const boost::system::system_error&) {
    return std::nullopt;  // the folder is not there yet, say
  }
}

}  // namespace icom::listen
