// The spool's files, byte by byte: docs/storage.md, "The spool".
#pragma once

#include <cstdint>

#include "common/icom/bytes.hpp"
#include "common/icom/stream_entry.hpp"

namespace icom::spool {

/// The longest Entry::bytes: twice what the framer ever hands out in one piece.
inline constexpr std::size_t kMaxEntryBytes = std::size_t{2} << 20U;

/// One entry as the listener hands it in and the forwarder gets it back. `bytes` is borrowed.
struct Entry {
  EntryKind kind = EntryKind::frame;
  std::uint64_t run = 0;  ///< which writer wrote it: random, new at each start of a writer
  std::uint64_t seq = 0;  ///< from 1, +1 an entry, within its run
  std::int64_t received_us =
      0;  ///< when its last byte was received: microseconds since 1970, UTC, the agent's clock
  bool has_patient = false;  ///< frames without a patient are given up first
  Bytes bytes;
};

}  // namespace icom::spool
