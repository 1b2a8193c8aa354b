// Under which run the gateway knows a run of the spool, and how far it has it. docs/protocol.md, "A
// spool that was set back".
#pragma once

#include <cstdint>
#include <map>

#include "agent/spool/spool_reader.hpp"
#include "common/link/link.pb.h"

namespace icom::forward {

struct KnownRun {
  std::uint64_t run = 0;     ///< in messages
  std::uint64_t stored = 0;  ///< reading starts after this one
  bool confirmed = false;    ///< the gateway has stored up to there what this spool holds or held
  bool set_back = false;     ///< the gateway has other entries at positions of this spool's run
};

/// What the gateway says it has stored, by run.
using ToldPositions = std::map<std::uint64_t, link::Position>;

/// A stored position is the spool's if the spool's entry there has the fingerprint that the gateway
/// names, or else if the spool holds no entry up to there that could be lost by believing it. One
/// that is not was sent by a spool that has been set back since (a virtual machine's snapshot, a
/// restored folder) or lost its end (a power cut), or it is from before fingerprints were kept.
/// Then the run goes by another number, worked out from the position (common/link/forked_run.hpp),
/// from what the gateway has of that one on; all that is held is sent once more where it has
/// nothing of it. The store tells by the frames' identity which of them it has.
KnownRun known_run(spool::SpoolReader& spool, std::uint64_t run, const ToldPositions& told);

}  // namespace icom::forward
