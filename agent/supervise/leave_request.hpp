// Asks a listener to leave its Linac at the first moment when no beam is on. docs/agent.md, "The
// control socket".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace icom::supervise {

/// What the listener says meanwhile.
struct LeaveProgress {
  /// It waits: so long ago MU changed last; so long it will wait at most.
  std::function<void(std::chrono::milliseconds since_change, std::chrono::milliseconds left)>
      waiting;
  /// It leaves, and why it may.
  std::function<void(const std::string& why)> leaving;
};

enum class LeaveOutcome {
  leaving,    ///< it has said so, and ends within two seconds
  not_there,  ///< no listener answers
  cut_off,    ///< it has said nothing more: it ended, or hands its connection over, or hangs
};

/// `folder`: the Linac's own in the spool directory. As long as this waits the listener does; where
/// this is given up, the listener stays.
boost::asio::awaitable<LeaveOutcome> ask_to_leave(std::filesystem::path folder,
                                                  std::chrono::milliseconds within,
                                                  LeaveProgress progress);

}  // namespace icom::supervise
