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
  /// Without a byte on an open connection, another one is made: a Linac sends four messages a
  /// second, unless its control system is off.
  Milliseconds silence{10'000};
  /// What that grows to, doubling from one connection that brings nothing to the next, while no
  /// patient is open.
  Milliseconds longest_silence{60'000};
  /// A patient counts as open for this long after the last frame that had one.
  Milliseconds patient_open{600'000};
  /// Without an answer of the Linac's machine on a silent connection, it is half-open. The machine
  /// is asked after a third of it, and each third.
  Milliseconds unanswered{10'000};
  /// Between looks at that.
  Milliseconds answer_look{2'000};
  /// After our FIN, for what the Linac sent before it saw that. Well within the 2 s that a stop may
  /// take.
  Milliseconds drain{1'000};
  /// Between attempts to connect.
  Milliseconds first_retry{250};
  Milliseconds last_retry{5'000};
  /// A connection that lasted this long is followed by an attempt at once.
  Milliseconds steady{5'000};
  /// From the beginning of a connection that brought a frame to the next attempt, at least.
  Milliseconds call_each{1'000};
  /// How long a connection that was given up is still read, so that the Linac sees its FIN, once
  /// the line is back, and no reset. A TCP sender that gets no answer gives up earlier.
  Milliseconds late{1'800'000};
  /// The same, once the Linac's kernel has our FIN and the Linac goes on sending all the same.
  Milliseconds late_unheeded{10'000};
  /// For another program of this machine that has connected in the same moment, and is the one to
  /// leave: it does so at once. One that has not left by then knows nothing of that rule.
  Milliseconds other_leaves{2'000};
  /// Between syncs of the spool; what a power cut may cost.
  Milliseconds sync{100};
  /// Between writes of listener.json where nothing but counts changes.
  Milliseconds status{1'000};
  /// After an append that failed.
  Milliseconds append_retry{500};
};

}  // namespace icom::listen
