// How long a listener waits for what. Tests shorten them.
#pragma once

#include <chrono>

namespace icom::listen {

struct ListenerTimings {
  using Milliseconds = std::chrono::milliseconds;

  /// For a connection to come about, name look-up included.
  Milliseconds connect{5'000};
  /// Longer than one message period (250 ms): a frame that is complete by its content is not held
  /// back.
  Milliseconds pause{500};
  /// Without a byte on an open connection, it is half-open: a Linac sends four messages a second,
  /// always.
  Milliseconds silence{10'000};
  /// After our FIN, for what the Linac sent before it saw that. Well within the 2 s that a stop may
  /// take.
  Milliseconds drain{1'000};
  /// Between attempts to connect.
  Milliseconds first_retry{250};
  Milliseconds last_retry{5'000};
  /// A connection that lasted this long is followed by an attempt at once.
  Milliseconds steady{5'000};
  /// Between syncs of the spool; what a power cut may cost.
  Milliseconds sync{100};
  /// Between writes of listener.json where nothing but counts changes.
  Milliseconds status{1'000};
  /// After an append that failed.
  Milliseconds append_retry{500};
};

}  // namespace icom::listen
