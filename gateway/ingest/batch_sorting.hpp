// From a decoded batch of the link to batches of the store, one for each Linac. No I/O.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "common/link/batch_codec.hpp"
#include "common/link/link.pb.h"
#include "gateway/ingest/admission.hpp"

namespace icom::ingest {

/// What one Linac has in a batch, with each frame's identity and facts worked out. `incoming.done`
/// is left empty.
struct SortedBatch {
  std::uint32_t number = 0;  ///< the session's number of the Linac
  std::uint64_t run = 0;     ///< of the last entry
  std::uint64_t seq = 0;     ///< of the last entry
  store::IncomingBatch incoming;
};

/// All or nothing: an entry of a Linac that was not accepted, or out of order, and nothing of the
/// batch is taken. Moves the last positions in `linacs` on. A frame without an identity becomes
/// junk: kept, byte for byte.
std::variant<std::vector<SortedBatch>, link::Refused> sort_batch(link::DecodedBatch batch,
                                                                 AcceptedLinacs& linacs);

}  // namespace icom::ingest
