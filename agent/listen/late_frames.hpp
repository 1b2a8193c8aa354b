// What a Linac sent on a connection that was given up, and that came after all: the part of it that
// belongs into the spool. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/listen/entry_queue.hpp"
#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/framer.hpp"

namespace icom::listen {

/// What is known of a connection that was given up, for the next listener.
struct LateState {
  /// The last one in the spool before what comes late; without bytes if there is none.
  QueuedEntry last_frame;
  bool own = false;        ///< that frame came on this connection
  ByteVector unfinished;   ///< received, and part of no entry yet: the beginning of a frame
  bool overtaken = false;  ///< a later connection has brought a frame, or may have
  KnownFraming framing;    ///< what the connection has shown of its frames
};

/// Frames come late when a dead line is back: those that the Linac's kernel still had to send. They
/// are older than what the next connection brings, and nobody else has them. The last of them the
/// next connection brings, too. No time tells from where on: its first frame may be a replayed
/// one, and the clock may have been set back. So only frames at the end are left out that are equal
/// to frames which it has brought. So that the gateway knows where the others belong, they follow
/// the last frame of before, sent once more: a replay, which it knows by equal bytes. Where none is
/// known the gateway would take them for the newest: their bytes are kept as junk. Not thread-safe.
class LateFrames {
 public:
  /// `last_frame`: the last one in the spool, without bytes if there is none; `own`: that
  /// connection brought it. `framer`: has the bytes of a frame that has only begun, and knows the
  /// stream's convention.
  void given_up(std::uint64_t number, const QueuedEntry& last_frame, bool own,
                const Framer& framer);
  /// One that another listener has given up. nullopt: nothing is known of it.
  void adopt(std::uint64_t number, const std::optional<LateState>& state);
  /// For the next listener. nullopt: nothing is known of it.
  [[nodiscard]] std::optional<LateState> state(std::uint64_t number) const;
  /// A connection that was made after that has brought its first frame.
  void next_began();
  /// A connection that was made after that has brought this frame.
  void brought(const FrameIdentity& frame);

  /// Entries for the spool, as one; none if no frame is complete yet.
  std::vector<QueuedEntry> take(std::uint64_t number, Bytes bytes, std::int64_t received_us);
  /// What is left of them. The number is forgotten.
  std::vector<QueuedEntry> finish(std::uint64_t number, std::int64_t received_us);

  /// Frames that came late and are in entries, of all connections so far.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  /// Frames that came late and are in entries as junk, since nothing tells where they belong.
  [[nodiscard]] std::uint64_t frames_without_place() const { return frames_without_place_; }
  /// Connections that were given up, and of which more may come.
  [[nodiscard]] std::size_t open() const;

 private:
  struct Connection {
    std::uint64_t number = 0;
    Framer framer;
    QueuedEntry last_frame;
    bool own = false;        ///< `last_frame` came on this connection
    bool overtaken = false;  ///< a later connection has brought a frame, or may have
    bool over = false;       ///< kept for the sake of those after it: see last_before()
  };
  Connection* find(std::uint64_t number);
  void keep(Connection& from, const Piece& piece, std::int64_t received_us,
            std::vector<QueuedEntry>& entries);
  [[nodiscard]] const QueuedEntry* last_before(const Connection& from, Bytes frame) const;
  std::vector<QueuedEntry> block(Connection& from, std::vector<QueuedEntry> entries);
  void leave_out_what_was_brought(std::vector<QueuedEntry>& entries);
  void forget_what_nobody_follows();

  std::list<Connection> connections_;  ///< the oldest first; few: LateConnections::kMost
  std::deque<FrameIdentity> brought_;  ///< by later connections, the latest
  std::uint64_t frames_ = 0;
  std::uint64_t frames_without_place_ = 0;
};

}  // namespace icom::listen
