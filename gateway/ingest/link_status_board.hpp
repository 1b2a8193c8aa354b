// What each site's agent last said about its Linacs, for those who show it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "common/link/link.pb.h"

namespace icom::ingest {

struct LinacLinkStatus {
  bool linac_connected = false;     ///< the listener has a connection to the Linac
  std::uint64_t frames = 0;         ///< received by the listener in its run
  std::uint64_t backlog_bytes = 0;  ///< in the site's spool, not yet sent
  std::int64_t last_frame_us = 0;  ///< microseconds since 1970, UTC, the agent's clock; 0: none yet
  std::uint64_t given_up_frames = 0;
  std::uint64_t given_up_frames_with_patient = 0;
  std::chrono::system_clock::time_point reported_at;  ///< this machine's clock
};

/// Thread-safe. Bounded by the registered Linacs: nobody else's status gets here.
class LinkStatusBoard {
 public:
  using Linac = std::pair<std::string, std::string>;  ///< site, serial

  void agent_came(const std::string& site);
  void agent_went(const std::string& site);
  void report(const Linac& linac, const link::LinacStatus& status,
              std::chrono::system_clock::time_point now);

  /// Connections that the site's agent has; two for a while when it reconnects.
  [[nodiscard]] unsigned agents(const std::string& site) const;
  [[nodiscard]] std::map<Linac, LinacLinkStatus> linacs() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, unsigned> agents_;
  std::map<Linac, LinacLinkStatus> linacs_;
};

}  // namespace icom::ingest
