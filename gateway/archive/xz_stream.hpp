// The .xz file format, one stream, CRC64.
#pragma once

#include <memory>

#include "common/icom/bytes.hpp"

namespace icom::archive {

/// Compresses bytes added in pieces. Keeps only what is compressed until that is taken: a record of
/// any length costs the same memory while it is made. Not thread-safe. Throws std::runtime_error if
/// liblzma fails (no memory).
class XzStream {
 public:
  XzStream();
  ~XzStream();
  XzStream(const XzStream&) = delete;
  XzStream& operator=(const XzStream&) = delete;

  void add(Bytes bytes);
  /// What was compressed since it was last asked for; it lags behind what was added.
  ByteVector take();
  /// The rest of the file. Call once; nothing can be added afterwards.
  ByteVector finish();

 private:
  struct Coder;
  void run(Bytes bytes, bool last);

  std::unique_ptr<Coder> coder_;
  ByteVector out_;
};

}  // namespace icom::archive
