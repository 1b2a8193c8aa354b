// What is said on a control channel: docs/agent.md, "The control channel". One request per
// connection, lines of ASCII, `WORD` or `WORD ARGUMENT`.
#pragma once

#include <chrono>
#include <string_view>

namespace icom::control {

/// Each step of a conversation. What takes longer is given up: nothing here is worth waiting for.
inline constexpr std::chrono::milliseconds kStep{5'000};

/// Requests that every program of ours answers. What each means for one: docs/agent.md.

/// Answered with the same word, and, where the program cannot do its work, with that and why after
/// a space. A listener of before this request answers with an error, which says as much.
inline constexpr std::string_view kAlive = "alive";
/// Answered with the same word and a JSON object in one line, of at most kMaxStatus bytes.
inline constexpr std::string_view kStatus = "status";
/// As a SIGTERM. Answered with `stopping PID`: the process that stops.
inline constexpr std::string_view kStop = "stop";
/// Reads its settings again. Answered with `reloaded`, or an error that says what is wrong.
inline constexpr std::string_view kReload = "reload";
/// To make room for the installed programs. Answered with `replacing PID`. A fan-out cuts its
/// clients off only at `replace cut-clients`.
inline constexpr std::string_view kReplace = "replace";
inline constexpr std::string_view kCutClients = "cut-clients";
/// `drain LIMIT`: ends at a moment that harms nobody, after LIMIT milliseconds at the latest.
inline constexpr std::string_view kDrain = "drain";

inline constexpr std::string_view kStopping = "stopping";
inline constexpr std::string_view kReloaded = "reloaded";
inline constexpr std::string_view kReplacing = "replacing";

/// Answers to a drain: `waiting …` again and again, then `leaving WHY`. If the caller hangs up
/// before that, the program stays.
inline constexpr std::string_view kWaiting = "waiting";
inline constexpr std::string_view kLeaving = "leaving";

/// `error WHY`: the request is not heeded.
inline constexpr std::string_view kError = "error";

inline constexpr std::size_t kMaxStatus = std::size_t{16} << 20U;

/// The channels' names: in the folder of a Linac's spool; in that of the site's; in that of the
/// gateway's store.
inline constexpr const char* kListenerSocket = "control.sock";
inline constexpr const char* kForwarderSocket = "forward.sock";
inline constexpr const char* kFanOutSocket = "fanout.sock";
inline constexpr const char* kAgentSocket = "agent.sock";
inline constexpr const char* kGatewaySocket = "control.sock";

}  // namespace icom::control
