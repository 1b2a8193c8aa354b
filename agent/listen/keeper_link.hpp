// A program's word to the supervisor that started it (icom-agent run): that it runs, and, for a
// listener, which connection is to outlive it. Both ends, and what the keeper does: docs/agent.md,
// "The keeper".
#pragma once

#include <chrono>

#include "common/os/handle.hpp"

namespace icom::listen {

/// Between two signs of life. A keeper that hears none for a few of these takes the program for one
/// that hangs.
inline constexpr std::chrono::milliseconds kBeatEach{1'000};

/// What a keeper says to a program that it has just started.
struct KeepersGreeting {
  /// The connection that a listener before this one has left by dying; invalid: none, or it cannot
  /// go on.
  os::Connection left;
  bool wants_beats = false;
  /// The listener that this one is to take over from has the same keeper: left_by_that_one().
  bool heir = false;
};

/// The program's end. Never waits, and fails without a word: a program goes on without a keeper. A
/// copy means the same end.
class KeeperLink {
 public:
  /// No keeper.
  KeeperLink() = default;
  /// `socket` stays open as long as the process lives.
  explicit KeeperLink(os::NativeSocket socket) : socket_(socket) {}

  /// To be asked for once, before anything is said.
  [[nodiscard]] KeepersGreeting greeting() const;
  /// For an heir that finds nobody to take over from: the connection that one has left by dying, as
  /// soon as the keeper has noticed that; invalid: none, or it cannot go on, or the keeper is gone,
  /// or says nothing within that time. This alone waits.
  [[nodiscard]] os::Connection left_by_that_one(std::chrono::milliseconds within) const;
  /// To have this connection kept, and no other. False: nobody does.
  [[nodiscard]] bool keep(os::NativeSocket connection) const;
  /// To have none kept: the goodbye is said.
  void drop() const;

  /// Both only to a keeper that wants it: an older one would take them for drop().
  /// It runs.
  void beat() const;
  /// It may wait for a disk until the next beat().
  void busy() const;

  /// kNoSocket: none. For whoever may only look whether the other end still lives.
  [[nodiscard]] os::NativeSocket socket() const { return socket_; }

 private:
  os::NativeSocket socket_ = os::kNoSocket;
};

}  // namespace icom::listen
