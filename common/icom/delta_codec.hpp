// Lossless coding of a frame against the frame before, item by item. docs/protocol.md, "Delta
// coding".
#pragma once

#include <cstddef>

#include "common/icom/bytes.hpp"
#include "common/icom/remembered_frame.hpp"

namespace icom {

namespace delta {
class CodeReader;
}
class DeltaDecoder;

/// Codes each frame against the one before. Not thread-safe. The first frame after construction or
/// reset() is a key frame: it can be decoded alone. So is a frame that is too different from the
/// one before.
class DeltaEncoder {
 public:
  /// Appends the code of `bytes` (any bytes: junk too) to `out`.
  void encode(Bytes bytes, ByteVector& out);
  /// As if this had made the codes that `decoder` has decoded.
  void go_on_after(const DeltaDecoder& decoder);
  void reset() { before_.forget(); }

 private:
  bool encode_delta(Bytes frame, ByteVector& out);
  bool code_items(Bytes frame);
  bool code_other_items(Bytes frame, std::size_t at, std::size_t next);
  std::byte code_value(Bytes frame, const ItemSlot& before, ItemSlot& now);
  bool same_kind(Bytes frame, std::size_t at, std::size_t slot) const;
  std::size_t removed_before(Bytes frame, std::size_t at, std::size_t next) const;
  void append_text(Bytes value);

  RememberedFrame before_;

  // For one call, shared by the encoders of a thread: a gateway has thousands of them.
  struct Scratch {
    std::vector<ItemSlot> slots;  ///< of the frame being coded
    ByteVector operations;
    ByteVector literals;  ///< texts, new items and the tail
  };
  static thread_local Scratch scratch;
};

/// The inverse. Input is untrusted: anything may be in it.
class DeltaDecoder {
 public:
  /// Decoded frames never exceed this. An encoder given more makes a code that is refused here:
  /// callers keep frames within Framer::kMaxFrame.
  static constexpr std::size_t kMaxDecoded = 2 * 1024 * 1024;

  /// Decodes one code, which must be exactly `code`, and appends the frame to `out`. Returns false,
  /// leaving `out` as it was, if the code is malformed or does not fit the frame before; the
  /// decoder then needs a key frame.
  [[nodiscard]] bool decode(Bytes code, ByteVector& out);
  /// The next code is taken against `frame`, its items as they are found in it alone. Of a frame
  /// that was coded itself they may be others: an encoder finds them by the frame before.
  void begin_after(Bytes frame) { before_.remember(frame); }
  void reset() { before_.forget(); }

 private:
  friend DeltaEncoder;
  bool decode_delta(Bytes code);
  std::size_t change_in_place(Bytes operations);
  bool change_tail(delta::CodeReader& code, std::size_t tail_at);
  void change_length(std::uint32_t unexplained, std::size_t size_before);

  RememberedFrame before_;
  static thread_local RememberedFrame rebuilt;  // for one call, as above
};

}  // namespace icom
