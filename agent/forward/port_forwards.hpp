// A site's forwards: start here. What `ssh -N -L … -R …` would do, beside the frames and apart
// from them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/forward/forward_lane.hpp"
#include "agent/forward/port_forward_status.hpp"
#include "common/config/site_settings.hpp"

namespace icom::forward {

struct PortForwardsTimings {
  LaneTimings lane;
  PortForwardTimings forward;
};

/// Runs the forwards on a thread of its own, in SSH sessions of their own to the same sshd: neither
/// a bulk copy's encryption nor a full window nor a fault of libssh2's there delays a frame. The
/// remote forwards share one session; the local ones have one for each target host (eight at most):
/// libssh2 opens one channel at a time, and a host that does not answer holds up that one alone.
///
/// Every function may be called from any thread.
class PortForwards {
 public:
  explicit PortForwards(PortForwardsTimings timings = {});
  /// As abort(); waits for the thread.
  ~PortForwards();
  PortForwards(const PortForwards&) = delete;
  PortForwards& operator=(const PortForwards&) = delete;

  /// From now on these. What is as before keeps its port and its connections; so does a forward of
  /// which only the limits differ. A different `tunnel` makes new sessions. Returns at once.
  void apply(config::TunnelSettings tunnel, std::vector<config::ForwardSettings> forwards);

  /// At most half a second old, in the order of the settings.
  [[nodiscard]] std::vector<PortForwardStatus> status() const;

  /// First phase: closes ports and connections, and ends the sessions properly, within 2 s.
  void stop();
  /// Second phase: waits for nobody.
  void abort();
  /// After stop(): nothing is left to wait for.
  [[nodiscard]] bool ended() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace icom::forward
