// A listener's word to whoever keeps its connection alive if it dies (icom-agent run). Both ends,
// and what the keeper does: docs/agent.md, "The keeper".
#pragma once

#include "common/os/descriptor.hpp"

namespace icom::listen {

/// The listener's end. Never waits, and fails without a word: a listener goes on without a keeper.
/// A copy means the same end.
class KeeperLink {
 public:
  /// No keeper.
  KeeperLink() = default;
  /// `socket` stays open as long as the process lives.
  explicit KeeperLink(int socket) : socket_(socket) {}

  /// The connection that a listener before this one has left by dying; invalid: none, or it cannot
  /// go on. To be asked for before anything is said.
  [[nodiscard]] os::Descriptor take() const;
  /// To have this connection kept, and no other. False: nobody does.
  [[nodiscard]] bool keep(int connection) const;
  /// To have none kept: the goodbye is said.
  void drop() const;

  /// -1: none. For whoever may only look whether the other end still lives.
  [[nodiscard]] int socket() const { return socket_; }

 private:
  int socket_ = -1;
};

}  // namespace icom::listen
