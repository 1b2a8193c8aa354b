// A site's spools, as they grow, to whoever listens in: start here. docs/agent.md, "icom-fanout".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/spool/spool_reader.hpp"
#include "agent/spool/spool_watch.hpp"
#include "common/asio/bell.hpp"
#include "common/config/site_settings.hpp"
#include "common/fanout/fan_out_server.hpp"
#include "common/fanout/live_stream.hpp"
#include "common/os/file_system.hpp"

namespace icom::fanout {

/// Reads the spools of the Linacs that have a port, from their live end, and never writes there:
/// neither listener nor forwarder can tell that it is there. All on one executor.
class SiteFanOut {
 public:
  /// `files` must outlive it. `publish` is given the status when it has changed, once a second at
  /// most, and every ten seconds.
  SiteFanOut(const boost::asio::any_io_executor& executor, os::FileSystem& files,
             FanOutStatus identity, std::function<void(const FanOutStatus&)> publish,
             const Limits& limits = {});

  /// Changes only what differs. The spool directory stays that of the first call.
  void apply(const config::SiteSettings& site);

  /// Until stop(): then FIN to all, and returns once they are gone.
  boost::asio::awaitable<void> run();
  void stop();
  /// As it is now.
  [[nodiscard]] FanOutStatus status() const;

 private:
  struct Follower {
    Follower(os::FileSystem& files, const std::filesystem::path& spool);
    bool is_live(const spool::Entry& entry);

    spool::SpoolReader reader;
    LiveStream live;
    std::uint64_t run = 0;  ///< that `live` is of
    std::uint64_t frames = 0;
  };

  boost::asio::awaitable<void> follow();
  boost::asio::awaitable<void> tell_status();
  boost::asio::awaitable<void> wait_for_stop();
  bool hand_on(const std::string& serial, Follower& follower);

  boost::asio::any_io_executor executor_;
  os::FileSystem& files_;
  const FanOutStatus identity_;
  std::function<void(const FanOutStatus&)> publish_;
  FanOutServer server_;
  spool::SpoolWatch watch_;
  std::map<std::string, Follower> followers_;  ///< by serial
  Bell stop_bell_;
  bool stopping_ = false;
};

}  // namespace icom::fanout
