// The run under which a spool's entries are sent again after the spool was set back.
// docs/protocol.md, "A spool that was set back".
#pragma once

#include <cstdint>

namespace icom::link {

/// Forks of one run in a row that are followed, each of which costs an agent the reading of two
/// segments and the gateway a query. Beyond that the entries go by a random run in each session:
/// more comes twice, and nothing is lost.
inline constexpr int kMostForks = 64;

/// Worked out from what both ends know: the run, and the stored position that the spool does not
/// confirm. So it is the same after a restart of either end, and another one once more is stored.
/// Never 0.
std::uint64_t run_after_fork(std::uint64_t run, std::uint64_t stored_seq,
                             std::uint64_t stored_fingerprint);

}  // namespace icom::link
