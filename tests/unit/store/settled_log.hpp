// What is left to be built of a Linac's records, built as the writer does it between commits.
#pragma once

#include <cstdint>
#include <vector>

#include "gateway/store/linac_log.hpp"

namespace icom::test {

/// One piece, in a transaction of its own.
inline void settle_piece(store::Database& database, store::LinacLog& log) {
  store::Transaction transaction(database, store::Transaction::Kind::write);
  std::vector<std::int64_t> changed;
  log.settle(changed);
  store::CommitBudget none{.frames_to_build = 0};
  log.flush(changed, none);
  transaction.commit();
}

/// All of them; false if more than `most` are needed.
inline bool settle_all_pieces(store::Database& database, store::LinacLog& log, int most) {
  for (int pieces = 0; log.is_unsettled() && pieces < most; ++pieces) {
    settle_piece(database, log);
  }
  return !log.is_unsettled();
}

}  // namespace icom::test
