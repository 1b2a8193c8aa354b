// How far each run has come in a session.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace icom::ingest {

/// Of one Linac, the runs that came last: an honest agent's follow each other.
class RunPositions {
 public:
  static constexpr std::size_t kMostRuns = 64;

  /// The last one that came of this run; 0 if none did, or so many others since.
  [[nodiscard]] std::uint64_t last_of(std::uint64_t run) const {
    const auto found = std::ranges::find(runs_, run, &Place::first);
    return found == runs_.end() ? 0 : found->second;
  }

  void note(std::uint64_t run, std::uint64_t seq) {
    if (runs_.empty() || runs_.back().first != run) {
      std::erase_if(runs_, [run](const Place& place) { return place.first == run; });
      if (runs_.size() == kMostRuns) runs_.erase(runs_.begin());
      runs_.emplace_back(run, seq);
    }
    runs_.back().second = seq;
  }

 private:
  using Place = std::pair<std::uint64_t, std::uint64_t>;
  std::vector<Place> runs_;  ///< the one that came last at the end
};

}  // namespace icom::ingest
