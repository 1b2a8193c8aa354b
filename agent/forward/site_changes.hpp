// A site's settings that change while the forwarder runs.
#pragma once

#include <filesystem>
#include <string>

#include "agent/forward/forwarder.hpp"
#include "agent/forward/linac_stream.hpp"
#include "agent/forward/port_forwards.hpp"
#include "agent/spool/spool_watch.hpp"
#include "common/config/site_settings.hpp"

namespace icom::forward {

/// Touches only what differs: for other Linacs or another tunnel the link is made anew, nothing
/// else interrupts it; forwards that are as before keep their connections. On the forwarder's
/// executor.
class SiteChanges {
 public:
  /// `site`: the settings by which the session under way was made; becomes those of the next one.
  /// All must outlive this.
  SiteChanges(std::filesystem::path file, config::SiteSettings& site, LinacStreams& linacs,
              spool::SpoolWatch& spools, Forwarder& forwarder, PortForwards& forwards);

  /// Reads the file again. Settings with an error change nothing: what is wrong is logged, and
  /// returned; empty: they are taken.
  std::string take();

 private:
  void apply(config::SiteSettings settings);

  std::filesystem::path file_;
  config::SiteSettings& site_;
  LinacStreams& linacs_;
  spool::SpoolWatch& spools_;
  Forwarder& forwarder_;
  PortForwards& forwards_;
  config::SiteSettings latest_;  ///< of the file
};

}  // namespace icom::forward
