// Lossless coding of a frame against the frame before, item by item. docs/protocol.md, "Delta
// coding".
#pragma once

#include <cstddef>

#include "common/icom/bytes.hpp"

namespace icom {

/// Codes each frame against the one before. Not thread-safe. The first frame after construction or
/// reset() is a key frame: it can be decoded alone.
class DeltaEncoder {
 public:
  /// Appends the code of `bytes` (any bytes: junk too) to `out`.
  void encode(Bytes bytes, ByteVector& out);
  void reset();

 private:
  // (to be completed by the implementation: the frame before and its item layout)
};

/// The inverse. Input is untrusted: anything may be in it.
class DeltaDecoder {
 public:
  /// Decoded frames never exceed this; an encoder never makes a code for more (it falls back to raw
  /// and splits nothing: callers keep frames within Framer::kMaxFrame).
  static constexpr std::size_t kMaxDecoded = 2 * 1024 * 1024;

  /// Decodes one code, which must be exactly `code`, and appends the frame to `out`. Returns false,
  /// leaving `out` as it was, if the code is malformed or does not fit the frame before; the
  /// decoder then needs a key frame.
  [[nodiscard]] bool decode(Bytes code, ByteVector& out);
  void reset();
};

}  // namespace icom
