// Watches which machine the frames say that they are of.
#pragma once

#include <cstdint>
#include <string>

#include "common/icom/bytes.hpp"

namespace icom::listen {

/// IDs are printable ASCII, at most 32 characters, without padding; empty: none.
struct MachineNames {
  std::string id;                  ///< of the latest frame that has one
  std::string first_id;            ///< of the first one since the listener started
  std::string other_id;            ///< the latest that is not the Linac's serial
  std::uint64_t other_frames = 0;  ///< since the listener started that had such a one
};

/// A machine's ID need not be its serial: what differs is told, and nothing else becomes of it. For
/// the listener's log and status only. Not thread-safe.
class MachineWatch {
 public:
  /// True if the frame calls its machine something else than the one before it did, or is the first
  /// one that calls it something.
  bool see(Bytes frame, const std::string& serial);
  [[nodiscard]] const MachineNames& names() const { return names_; }

 private:
  MachineNames names_;
};

}  // namespace icom::listen
