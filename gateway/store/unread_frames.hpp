// Says that frames of a Linac hold bytes that could not be read.
#pragma once

#include <cstdint>

#include "common/icom/values.hpp"
#include "common/log/rate_limit.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// Counts one Linac's stored frames in which something stands that is no item, and those among them
/// whose Patient ID could not be read, and says so in the log: at the first of each kind, then once
/// an hour. Without a byte of what they hold. Not thread-safe; lives and dies with its LinacLog.
class UnreadFrames {
 public:
  explicit UnreadFrames(std::int64_t linac);
  void note(Database& database, const FrameFacts& facts);

 private:
  std::int64_t linac_;
  std::int64_t partly_read_ = 0;
  std::int64_t without_patient_ = 0;
  log::RateLimit partly_read_limit_;
  log::RateLimit without_patient_limit_;
};

}  // namespace icom::store
