// From a Linac's byte stream to frames. No I/O, no clock. The format and the certainty of each fact
// about it: docs/protocol.md, "The iCom Vx stream"; how the framer decides: docs/protocol.md,
// "Framing".
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/icom/bytes.hpp"

namespace icom {

/// A run of the stream that the framer hands out. Runs are handed out in stream order, and together
/// they are the stream: no byte is lost, altered or doubled.
struct Piece {
  enum class Kind : std::uint8_t {
    frame,  ///< starts 8 bytes before a date anchor
    junk,   ///< belongs to no frame
  };
  Kind kind;
  Bytes bytes;  ///< lives until the next call of Framer::writable() or of Framer's destructor
};

/// What the framer has seen so far; counts only.
struct FramerCounts {
  std::uint64_t frames = 0;
  std::uint64_t frames_by_length = 0;  ///< emitted at once, by the learnt length convention
  std::uint64_t frames_by_anchor = 0;  ///< emitted when the next frame's date was seen
  std::uint64_t frames_by_pause = 0;   ///< emitted because the stream paused
  std::uint64_t junk_runs = 0;
  std::uint64_t junk_bytes = 0;
  std::uint64_t convention_changes = 0;  ///< the learnt convention stopped agreeing and was dropped
};

/// Splits a byte stream into frames. Not thread-safe: one owner, one connection; make a new one (or
/// reset()) for each connection.
///
///     auto room = framer.writable(64 * 1024);
///     framer.commit(socket.read_some(room));
///     while (auto piece = framer.next()) keep(*piece);
///     // nothing came for longer than one message period:
///     while (auto piece = framer.paused()) keep(*piece);
///     // the connection is over:
///     while (auto piece = framer.finish()) keep(*piece);
class Framer {
 public:
  /// Bytes after which a run without an end is handed out all the same, so that memory stays
  /// bounded.
  static constexpr std::size_t kMaxFrame = 1024 * 1024;

  Framer();

  /// Room for at least `at_least` more bytes. Ends the life of every Piece handed out before.
  std::span<std::byte> writable(std::size_t at_least);
  /// `count` bytes of the room that writable() gave have been filled.
  void commit(std::size_t count);

  /// The next complete piece, or nothing while more bytes are needed.
  std::optional<Piece> next();
  /// For a stream that has paused for longer than one message period: also a last frame that is
  /// complete as far as its own content tells (its items end exactly at the last byte received, or
  /// the learnt length does).
  std::optional<Piece> paused();
  /// For a stream that has ended: everything that is left, in order.
  std::optional<Piece> finish();

  /// Bytes received and not yet handed out.
  [[nodiscard]] std::size_t pending() const;
  [[nodiscard]] const FramerCounts& counts() const { return counts_; }
  /// The learnt constant `frame size - length field`, if the stream has shown one.
  [[nodiscard]] std::optional<std::int64_t> learnt_convention() const;
  /// Forgets buffered bytes and the convention; counts stay.
  void reset();

 private:
  // (to be completed by the implementation)
  FramerCounts counts_;
};

}  // namespace icom
