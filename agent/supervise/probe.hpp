// Looks at a Linac's stream for a few seconds, as the listener would see it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/config/address.hpp"
#include "common/icom/framer.hpp"

namespace icom::supervise {

struct ProbeReport {
  bool answered = false;  ///< a connection came about
  std::string failure;    ///< why not, or why it ended before its time
  std::chrono::milliseconds observed{};
  std::uint64_t bytes = 0;
  FramerCounts framer;
  std::optional<std::int64_t> convention;  ///< Framer::learnt_convention()
  /// Of the newest frame:
  std::optional<std::string> machine_id;  ///< printable ASCII, at most 32 characters
  /// The Linac's clock, of this machine's as it would be in the Linac's zone.
  std::optional<std::int64_t> clock_ahead_seconds;
  std::string timezone;           ///< that zone; empty: this machine's
  bool patient_selected = false;  ///< never which

  [[nodiscard]] double frames_per_second() const;
  /// The Linac answers and streams frames.
  [[nodiscard]] bool good() const { return answered && framer.frames > 0; }
};

/// Connects within 5 s, reads for `duration`, leaves with a FIN. A further client of the Linac
/// meanwhile. `zone`: where the Linac's clock is, such as Australia/Sydney; empty: where this
/// machine's is; one that this machine does not know: how far the clocks differ is not told.
ProbeReport probe(const config::Address& linac, std::chrono::milliseconds duration,
                  const std::string& zone = {});

/// Lines for a person, with what is wrong if something is.
std::string to_text(const ProbeReport& report, const config::Address& linac);
/// One object. Its fields: docs/agent.md.
std::string to_json(const ProbeReport& report, const config::Address& linac);

}  // namespace icom::supervise
