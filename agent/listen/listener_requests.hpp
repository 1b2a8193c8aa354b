// What a listener is asked beside what every program is: docs/agent.md, "The control channel" and
// "Taking over".
#pragma once

#include <string_view>

namespace icom::listen {

/// `take-over`: what follows is the conversation of handover.hpp. Refused while the spool takes no
/// entries.
inline constexpr std::string_view kTakeOver = "take-over";

/// Answers to a drain: `waiting SINCE LEFT` (milliseconds since MU last changed, and until the
/// limit). Where no MU could be read, `waiting SINCE LEFT no-mu`: since the patient is selected.
/// Who asks may be older, and reads two numbers.
inline constexpr std::string_view kNoMu = "no-mu";

/// Within a take-over, after the handover: the newcomer has opened the spool; it may read.
inline constexpr std::string_view kReady = "ready";
inline constexpr std::string_view kGo = "go";

/// In the spool's folder; held by a listener from the moment it lets go of the connection until
/// another has it or it has it again. Whoever waits for `go` in vain and can take it knows that the
/// other is dead.
inline constexpr const char* kHandoverLock = "handover.lock";

}  // namespace icom::listen
