// What is said on a listener's control socket: docs/agent.md, "The control socket".
#pragma once

#include <chrono>
#include <string_view>

namespace icom::listen::control {

/// Each step of a conversation. What takes longer is given up: nothing here is worth waiting for.
inline constexpr std::chrono::milliseconds kStep{5'000};

/// Requests. `drain LIMIT`: milliseconds.
inline constexpr std::string_view kDrain = "drain";
inline constexpr std::string_view kTakeOver = "take-over";
/// Answered with the same word, and, where the spool takes no entries, with that and why behind a
/// space. A listener of before this request answers with an error, which says
/// as much.
inline constexpr std::string_view kAlive = "alive";

/// Answers to a drain: `waiting SINCE LEFT` again and again (milliseconds since MU last changed,
/// and until the limit), then `leaving WHY`. Where no MU could be read, `waiting SINCE LEFT no-mu`:
/// since the patient is selected. Who asks may be older, and reads two numbers.
inline constexpr std::string_view kWaiting = "waiting";
inline constexpr std::string_view kNoMu = "no-mu";
inline constexpr std::string_view kLeaving = "leaving";

/// `error WHY`: to a request that is not heeded. A take-over is not while the spool takes no
/// entries.
inline constexpr std::string_view kError = "error";

/// Within a take-over, behind the handover: the newcomer has opened the spool; it may read.
inline constexpr std::string_view kReady = "ready";
inline constexpr std::string_view kGo = "go";

/// In the spool's folder; held by a listener from the moment it lets go of the connection until
/// another has it or it has it again. Whoever waits for `go` in vain and can take it knows that the
/// other is dead.
inline constexpr const char* kHandoverLock = "handover.lock";

}  // namespace icom::listen::control
