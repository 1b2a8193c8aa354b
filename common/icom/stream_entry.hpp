// What travels from a listener to the store: frames, and what else there is to know about a Linac's
// stream. The values are on disk (docs/storage.md) and on the wire (docs/protocol.md): never
// renumber.
#pragma once

#include <cstdint>
#include <string>

#include "common/icom/bytes.hpp"

namespace icom {

enum class EntryKind : std::uint8_t {
  frame = 1,         ///< a frame, byte for byte
  junk = 2,          ///< bytes of the stream that belong to no frame
  connected = 3,     ///< the listener got a connection to the Linac; bytes: late_connection.hpp
  disconnected = 4,  ///< the connection ended; bytes: a short reason, ASCII
  hole = 5,  ///< entries that were given up (bound reached, disk full, corrupt); bytes: see Hole
};

/// The bytes of a hole entry.
struct Hole {
  std::uint64_t frames = 0;  ///< given up; 0 when not known
  std::uint64_t frames_with_patient = 0;
  std::string reason;  ///< `bound`, `disk_full`, `disk_failed`, `queue_full`, `corrupt`,
                       ///< `missing`
};
ByteVector encode_hole(const Hole& hole);
/// Anything that is no hole gives {0, 0, "unreadable"}.
Hole decode_hole(Bytes bytes);

/// Tells an entry from any other that may stand at the same position: 64 bits, never 0. The kind is
/// left out, since the gateway keeps a frame without a date as junk.
/// `bytes_hash`: content_hash() of the entry's bytes.
std::uint64_t entry_fingerprint(std::int64_t received_us, std::uint64_t bytes_hash);

}  // namespace icom
