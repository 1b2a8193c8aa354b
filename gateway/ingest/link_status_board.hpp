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

/// When a site was here. Times in microseconds since 1970, UTC, this machine's clock.
struct SitePresence {
  unsigned agents = 0;        ///< connections that it has; two for a while when it reconnects
  std::int64_t since_us = 0;  ///< since when it has had one, now or the last time
  std::int64_t until_us = 0;  ///< until when it had one; good where it has none

  bool operator==(const SitePresence&) const = default;
};

/// Thread-safe. Bounded by the registered Linacs: nobody else's status gets here.
class LinkStatusBoard {
 public:
  using Linac = std::pair<std::string, std::string>;  ///< site, serial

  void agent_came(const std::string& site, std::int64_t now_us);
  void agent_went(const std::string& site, std::int64_t now_us);
  void report(const Linac& linac, const link::LinacStatus& status,
              std::chrono::system_clock::time_point now);

  /// Connections that the site's agent has.
  [[nodiscard]] unsigned agents(const std::string& site) const;
  /// Of the sites that have been here.
  [[nodiscard]] std::map<std::string, SitePresence> sites() const;
  [[nodiscard]] std::map<Linac, LinacLinkStatus> linacs() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, SitePresence> sites_;
  std::map<Linac, LinacLinkStatus> linacs_;
};

}  // namespace icom::ingest
