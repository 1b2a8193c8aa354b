// The side of a take-over that gets the connection. docs/agent.md, "Taking over".
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/listen/handover.hpp"
#include "common/control/channel.hpp"
#include "common/os/file_system.hpp"

namespace icom::listen {

/// Waits, for seconds at most; to be used before anything else of a listener runs.
class Newcomer {
 public:
  /// `folder`: the Linac's own.
  Newcomer(os::FileSystem& files, std::filesystem::path folder);

  /// Nothing: no listener is there to take over from. Otherwise that one has stopped reading, and
  /// its spool is complete and free. Throws std::runtime_error if it is there and does not hand
  /// over: it goes on then.
  std::optional<Handover> ask();
  /// The spool is ours. True: so is the connection; the other is gone, or is going. False: the
  /// other keeps it, and needs its spool back.
  bool confirm();

 private:
  bool run(boost::asio::awaitable<bool> conversation);
  boost::asio::awaitable<bool> receive(Handover& handover);
  boost::asio::awaitable<std::string> why_declined(Bytes head);
  boost::asio::awaitable<bool> get_ready();

  os::FileSystem& files_;
  std::filesystem::path folder_;
  boost::asio::io_context io_{1};
  control::Channel channel_{io_};
  std::string declined_;  ///< the other's words; empty: it had none
};

}  // namespace icom::listen
