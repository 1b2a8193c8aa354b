#include "gateway/store/begun_epoch.hpp"

#include <algorithm>

namespace icom::store {

std::optional<GapEdge> where_replay_would_lead(Database& database, std::int64_t linac,
                                               const Head& head, const FrameIdentity& first,
                                               std::int64_t newest) {
  const std::int64_t oldest = std::max(kFirstEpoch, newest - kEpochsSearched);
  for (std::int64_t epoch = newest; epoch >= oldest; --epoch) {
    if (const auto gap = find_gap(database, linac, epoch, first, true)) {
      return gap->to;
    }
  }
  return oldest == kFirstEpoch && is_before_first(head, first) ? std::optional(first_edge(head))
                                                               : std::nullopt;
}

std::vector<std::int64_t> remove_chunks_of_epoch(Database& database, std::int64_t linac,
                                                 std::int64_t epoch) {
  std::vector<std::int64_t> chunks;
  {
    Query known(database, "SELECT id FROM chunk WHERE linac = ? AND epoch = ?");
    known.bind(linac, epoch);
    while (known.step()) {
      chunks.push_back(known.integer(0));
    }
  }
  Query places(database,
               "DELETE FROM chunk_place WHERE linac = ? AND late IN (0, 1) AND epoch = ?");
  places.bind(linac, epoch);
  places.run();
  Query remove(database, "DELETE FROM chunk WHERE linac = ? AND epoch = ?");
  remove.bind(linac, epoch);
  remove.run();
  return chunks;
}

}  // namespace icom::store
