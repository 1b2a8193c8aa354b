// How long a connection may bring nothing before another one is made.
#pragma once

#include <chrono>

#include "agent/listen/listener_timings.hpp"

namespace icom::listen {

/// A Linac whose control system is off accepts and sends nothing, all night. Its machine answers,
/// so the connection is as good as another one; only a server that has forgotten it is found by
/// connecting anew. So the limit grows with each connection that brings nothing. With a patient
/// open each frame counts, and it does not. Not thread-safe; no clock of its own.
class SilenceLimit {
 public:
  using Milliseconds = std::chrono::milliseconds;

  explicit SilenceLimit(const ListenerTimings& timings);

  [[nodiscard]] Milliseconds now(bool patient_open) const { return patient_open ? first_ : limit_; }
  /// A connection was given up for its silence.
  void given_up();
  /// The Linac sends.
  void received() { limit_ = first_; }

 private:
  Milliseconds first_;
  Milliseconds longest_;
  Milliseconds limit_;
};

}  // namespace icom::listen
