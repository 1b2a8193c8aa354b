// Whether a listener's control socket can still be found by its path.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <optional>
#include <utility>

#include "agent/listen/control_socket.hpp"

namespace icom::listen {

/// Thread-safe.
class ControlPlace {
 public:
  explicit ControlPlace(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// From now on, or no longer, there is to be one.
  void want(bool wanted) { wanted_ = wanted; }
  /// A socket in the place of one that was removed, with its folder or without it; nothing where
  /// there is one, or none is wanted, or none can be made: that is tried again with the next call.
  /// May wait for the disk.
  std::optional<ControlAcceptor> in_place_of_a_removed_one(
      const boost::asio::any_io_executor& executor) const;

 private:
  const std::filesystem::path folder_;
  std::atomic<bool> wanted_ = false;
};

}  // namespace icom::listen
