// How far a run of a listener's spool is stored, and by what that can be checked.
#pragma once

#include <cstdint>

namespace icom::store {

struct StoredPosition {
  std::uint64_t seq = 0;  ///< the last one stored durably; 0 if none is
  /// entry_fingerprint() of the entry there; 0 if not known: it was stored before schema step 9.
  std::uint64_t fingerprint = 0;

  friend bool operator==(const StoredPosition&, const StoredPosition&) = default;
};

}  // namespace icom::store
