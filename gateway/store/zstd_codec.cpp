#include "gateway/store/zstd_codec.hpp"

#include <zstd.h>

#include <new>
#include <string>

#include "gateway/store/chunk_limits.hpp"
#include "gateway/store/varint.hpp"

namespace icom::store {

namespace {
constexpr int kLevel = 3;
}

struct ZstdCodec::Contexts {
  ZSTD_CCtx* compress = ZSTD_createCCtx();
  ZSTD_DCtx* decompress = ZSTD_createDCtx();
  ~Contexts() {
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
  }
};

ZstdCodec::ZstdCodec() : contexts_(std::make_unique<Contexts>()) {
  if (contexts_->compress == nullptr || contexts_->decompress == nullptr) {
    throw std::bad_alloc();
  }
  ZSTD_CCtx_setParameter(contexts_->compress, ZSTD_c_compressionLevel, kLevel);
  // A key list has no other checksum, and a flipped bit often decompresses to something.
  ZSTD_CCtx_setParameter(contexts_->compress, ZSTD_c_checksumFlag, 1);
}

ZstdCodec::~ZstdCodec() = default;

Bytes ZstdCodec::compress(Bytes plain) {
  compressed_.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress2(contexts_->compress, compressed_.data(),
                                          compressed_.size(), plain.data(), plain.size());
  if (ZSTD_isError(size) != 0U) {
    throw std::runtime_error(std::string("cannot compress a chunk: ") + ZSTD_getErrorName(size));
  }
  return Bytes(compressed_).first(size);
}

void ZstdCodec::decompress(Bytes compressed, ByteVector& plain) {
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMaxCodeBytes) {
    throw CorruptData("a chunk is not compressed as expected");
  }
  plain.resize(static_cast<std::size_t>(size));
  const std::size_t got = ZSTD_decompressDCtx(contexts_->decompress, plain.data(), plain.size(),
                                              compressed.data(), compressed.size());
  if (ZSTD_isError(got) != 0U || got != size) {
    throw CorruptData("a chunk cannot be decompressed");
  }
}

}  // namespace icom::store
