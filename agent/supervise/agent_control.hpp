// What a running icom-agent run does when it is told to, by a signal or on its control channel:
// docs/agent.md, "The control channel".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "agent/supervise/process_host.hpp"
#include "agent/supervise/supervisor.hpp"
#include "common/config/site_settings.hpp"
#include "common/control/server.hpp"

namespace icom::supervise {

/// `leave`, to icom-agent run: as at a SIGUSR1. Answered with `leaving PID`.
inline constexpr std::string_view kLeave = "leave";
/// Arguments of `replace`. The first: new listeners take over, as at a SIGUSR2. The second: the
/// installed icom-agent comes in the place of the one that runs, under the same process ID, and
/// takes over what runs.
inline constexpr std::string_view kReplaceListeners = "listeners";
inline constexpr std::string_view kReplaceSelf = "self";

/// One thread, that of `io`.
class AgentControl {
 public:
  struct Parts {
    Supervisor& supervisor;
    ProcessHost& host;
    const config::SiteSettings& site;  ///< as it runs
    std::filesystem::path site_file;
    std::filesystem::path programs;                ///< the folder of the installed ones
    std::function<std::string()> status;           ///< a JSON object
    std::function<std::string()> reload_settings;  ///< why they are not taken; empty: they are
  };

  /// Answers at once. All in `parts` must outlive `io`'s run.
  AgentControl(boost::asio::io_context& io, Parts parts);

  /// Whether the installed icom-agent is to come in this one's place, once `io` has run.
  [[nodiscard]] bool replaces_itself() const { return replaces_itself_; }
  /// Whether it was told to stop what it runs. Also where the supervisor was about to leave that.
  [[nodiscard]] bool was_told_to_stop() const { return stops_ > 0; }
  /// Once a second: where its file is gone the channel is made anew. May wait for the disk.
  void look_after_place() { server_.look_after_place(); }

 private:
  void stop(const std::string& asked_by);
  void leave(const std::string& asked_by);
  void replace_listeners(const std::string& asked_by);
  void stop_on_signal();
  void replace_on_signal();
  void leave_on_signal();
  void prepare_channel();
  boost::asio::awaitable<void> answer_replace(control::Call& call);
  [[nodiscard]] std::string why_too_late() const;
  boost::asio::awaitable<std::string> why_not_to_replace_itself();

  Parts parts_;
  boost::asio::signal_set stop_signals_;
  boost::asio::signal_set replace_signals_;
  boost::asio::signal_set leave_signals_;
  control::Server server_;
  int stops_ = 0;
  bool replaces_itself_ = false;
};

}  // namespace icom::supervise
