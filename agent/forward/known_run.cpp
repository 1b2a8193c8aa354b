#include "agent/forward/known_run.hpp"

#include <algorithm>

#include "common/link/forked_run.hpp"
#include "common/os/random.hpp"

namespace icom::forward {

KnownRun known_run(spool::SpoolReader& spool, std::uint64_t run, const ToldPositions& told) {
  KnownRun harmless;
  std::uint64_t name = run;
  std::uint64_t first = 1;
  bool unknown = true;  // what stands at the positions that were looked at
  for (int forks = 0; forks <= link::kMostForks; ++forks) {
    const auto found = told.find(name);
    if (found == told.end() || found->second.seq() == 0) {
      if (harmless.confirmed) return harmless;
      return {.run = name, .stored = first - 1, .set_back = !unknown};
    }
    const link::Position& stored = found->second;
    const auto held = spool.held(run, stored.seq());
    if (held.fingerprint && *held.fingerprint == stored.fingerprint()) {
      return {.run = name, .stored = stored.seq(), .confirmed = true};
    }
    const bool nothing_to_lose =
        held.oldest == 0 ? stored.seq() <= held.newest : stored.seq() < held.oldest;
    if (nothing_to_lose && stored.seq() > harmless.stored) {
      harmless = {.run = name, .stored = stored.seq(), .confirmed = true};
    }
    unknown = unknown && stored.fingerprint() == 0 && stored.seq() <= held.newest;
    // What is before it was stored and removed, under the name before: nothing is missing.
    first = std::max<std::uint64_t>(held.first, 1);
    name = link::run_after_fork(name, stored.seq(), stored.fingerprint());
  }
  return {.run = std::max<std::uint64_t>(os::random_u64(), 1), .stored = first - 1};
}

}  // namespace icom::forward
