// From a Linac's byte stream to frames. No I/O, no clock. The format and the certainty of each fact
// about it: docs/protocol.md, "The iCom Vx stream"; how the framer decides: docs/protocol.md,
// "Framing".
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/length_convention.hpp"

namespace icom {

/// A run of the stream that the framer hands out. Runs are handed out in stream order, and together
/// they are the stream: no byte is lost, altered or doubled.
struct Piece {
  enum class Kind : std::uint8_t {
    frame,  ///< starts 8 bytes before a date anchor
    junk,   ///< belongs to no frame
  };
  Kind kind;
  /// Live until the next call of Framer::writable(), of Framer::add() or of Framer's destructor.
  Bytes bytes;
};

/// What the framer has seen so far; counts only.
struct FramerCounts {
  std::uint64_t frames = 0;
  std::uint64_t frames_by_length = 0;  ///< emitted at once, by the learnt length convention
  std::uint64_t frames_by_anchor = 0;  ///< emitted when the next frame's date was seen
  std::uint64_t frames_by_pause = 0;   ///< emitted because the stream paused or ended
  std::uint64_t junk_runs = 0;
  std::uint64_t junk_bytes = 0;
  std::uint64_t convention_changes = 0;  ///< the learnt convention stopped agreeing and was dropped
};

/// What a framer has found out about its stream, for another one that goes on with it.
struct KnownFraming {
  std::optional<std::int64_t> constant;  ///< frame size - length field
  bool learnt = false;                   ///< the connection has shown it; otherwise it is suspected
  std::size_t items_at = kHeaderSize;    ///< where the items of the latest frame started
};

/// What a frame shows alone, which may be any bytes: nothing learnt, but what to suspect.
KnownFraming framing_of(Bytes frame);

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
  /// The same for bytes that are somewhere already, which are copied.
  void add(Bytes bytes);

  /// The next complete piece, or nothing while more bytes are needed.
  std::optional<Piece> next();
  /// For a stream that has paused for longer than one message period: also a last frame that is
  /// complete as far as its own content tells (its items end exactly at the last byte received, or
  /// the learnt length does) and whose length, as far as that is known, tells of no more.
  std::optional<Piece> paused();
  /// For a stream that has ended: everything that is left, in order.
  std::optional<Piece> finish();

  /// Bytes received and not yet handed out.
  [[nodiscard]] std::size_t pending() const { return end_ - begin_; }
  /// Those bytes. They live until the next call of writable() or add().
  [[nodiscard]] Bytes unfinished() const { return bytes(0, pending()); }
  [[nodiscard]] const FramerCounts& counts() const { return counts_; }
  /// The learnt constant `frame size - length field`, if the stream has shown one.
  [[nodiscard]] std::optional<std::int64_t> learnt_convention() const {
    return convention_.constant();
  }
  [[nodiscard]] KnownFraming known() const;
  /// Before the first bytes.
  void adopt(const KnownFraming& known);
  /// For the next connection to the same Linac: forgets buffered bytes, and that the convention was
  /// learnt: it is suspected only. Counts stay.
  void reset();

 private:
  enum class Stream : std::uint8_t { flowing, paused, ended };
  enum class Verdict : std::uint8_t { frame_ends, false_anchor, undecided };

  // What is known of the run at begin_. Offsets count from begin_.
  struct Run {
    bool anchored = false;        // a frame starts here
    bool length_refuted = false;  // its items do not end where its length says
    std::size_t scanned = 0;      // no frame but this one starts before this offset
    std::size_t items = 0;        // where its items start; 0: not looked for yet
    std::size_t walked = 0;       // its items are known to walk up to here
    std::size_t wake_at = 0;      // with fewer bytes than this nothing new can be said
  };

  std::optional<Piece> take(Stream stream);
  std::optional<Piece> seek_frame(Stream stream);
  std::optional<std::size_t> find_anchor();
  std::optional<std::size_t> predicted_size() const;
  std::optional<std::size_t> suspected_size() const;
  bool length_holds(std::size_t predicted);
  bool contradicted_behind(std::size_t end) const;
  std::size_t end_in_front_of(std::size_t next_start, std::optional<std::size_t> predicted) const;
  bool items_from(std::size_t from, std::size_t to) const;
  bool length_names(std::size_t end) const;
  Verdict judge(std::size_t next_start, std::optional<std::size_t> predicted, Stream stream);
  std::optional<Verdict> judge_by_item_across(std::size_t next_start, Stream stream);
  std::optional<Verdict> judge_by_item(std::size_t start, std::size_t next_start, Stream stream);
  bool complete_at_last_byte(std::optional<std::size_t> predicted);
  bool length_tells_of_more(std::optional<std::size_t> predicted) const;
  bool walk_to(std::size_t limit);
  bool anchored_at(std::size_t offset) const;
  std::size_t possible_header_size() const;
  void weigh(bool items_reached_end);
  Piece hand_out_frame_in_front_of(std::size_t next_start, std::optional<std::size_t> predicted);
  Piece hand_out_frame(std::size_t size, std::uint64_t& reason);
  Piece hand_out_junk(std::size_t size);
  const std::byte* at(std::size_t offset) const { return buffer_.data() + begin_ + offset; }
  Bytes bytes(std::size_t from, std::size_t to) const { return {at(from), to - from}; }

  // Linear: bytes move to the front only when the room behind them is short.
  ByteVector buffer_;
  std::size_t begin_ = 0;  // of the bytes not yet handed out
  std::size_t end_ = 0;    // of the bytes received
  Run run_;
  std::size_t items_at_;     // where the items of the frame before started
  int items_reach_end_ = 0;  // how much the latest frames speak for items up to the last byte
  LengthConvention convention_;
  FramerCounts counts_;
};

}  // namespace icom
