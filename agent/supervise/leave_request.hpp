// Asks a listener to leave its Linac at the first moment when no beam is on. docs/agent.md, "The
// control channel".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace icom::supervise {

/// Why a listener waits.
struct LeaveWait {
  /// Since MU changed last; `no_mu_read`: since the patient is selected.
  std::chrono::milliseconds since_change{};
  std::chrono::milliseconds left{};  ///< it waits no longer than that
  bool no_mu_read = false;           ///< of this patient
};
/// "MU changed 0.3 s ago".
std::string text_of(const LeaveWait& wait);

/// What the listener says meanwhile.
struct LeaveProgress {
  std::function<void(const LeaveWait& wait)> waiting;
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
