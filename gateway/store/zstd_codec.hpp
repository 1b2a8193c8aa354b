// zstd with contexts that are made once.
#pragma once

#include <memory>

#include "common/icom/bytes.hpp"

namespace icom::store {

/// Not thread-safe.
class ZstdCodec {
 public:
  ZstdCodec();
  ~ZstdCodec();

  /// Level 3. The result is valid until the next call of compress().
  Bytes compress(Bytes plain);
  /// Replaces `plain`. Throws CorruptData if `compressed` is no zstd frame of ours.
  void decompress(Bytes compressed, ByteVector& plain);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
  ByteVector compressed_;
};

}  // namespace icom::store
