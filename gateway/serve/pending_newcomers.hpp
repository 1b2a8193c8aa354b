// Has Linacs that the gateway does not know wait for approval.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "common/log/rate_limit.hpp"
#include "gateway/ingest/newcomers.hpp"
#include "gateway/pending/pending_linacs.hpp"

namespace icom::serve {

/// Logs who had to make room, and who is gone. `pending` outlives it. Thread-safe.
class PendingNewcomers final : public ingest::Newcomers {
 public:
  explicit PendingNewcomers(pending::PendingLinacs& pending)
      : pending_(pending), failures_(1, std::chrono::minutes(1)) {}
  std::vector<std::string> note(const std::string& site,
                                const std::vector<ingest::Newcomer>& linacs) override;
  void withdraw(const std::string& site, const std::vector<std::string>& serials) override;

 private:
  pending::PendingLinacs& pending_;
  std::mutex mutex_;  ///< guards the next
  log::RateLimit failures_;
};

}  // namespace icom::serve
