#include "common/link/zstd_stream.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace icom::link {
namespace {

void set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  const std::size_t result = ZSTD_CCtx_setParameter(context, parameter, value);
  if (ZSTD_isError(result) != 0U) {
    throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(result));
  }
}

}  // namespace

CompressStream::CompressStream() : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
  if (!context_) throw std::bad_alloc();
  set(context_.get(), ZSTD_c_compressionLevel, kLevel);
  set(context_.get(), ZSTD_c_windowLog, kWindowLog);
}

std::string CompressStream::message(std::string_view plain) {
  std::string compressed;
  compressed.resize(ZSTD_compressBound(plain.size()));
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer out{compressed.data(), compressed.size(), 0};
  for (;;) {
    const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, ZSTD_e_flush);
    if (ZSTD_isError(left) != 0U) {
      throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(left));
    }
    if (left == 0) break;
    compressed.resize(compressed.size() + left);
    out = {compressed.data(), compressed.size(), out.pos};
  }
  compressed.resize(out.pos);
  return compressed;
}

DecompressStream::DecompressStream() : context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
  if (!context_) throw std::bad_alloc();
  // A peer that declares a larger window would make us allocate it.
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
}

bool DecompressStream::message(std::string_view compressed, std::size_t max_bytes,
                               std::string& plain) {
  constexpr std::size_t kStep = 16U << 10U;
  plain.clear();
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  std::size_t filled = 0;
  for (;;) {
    // One byte of room beyond the bound, so that reaching the bound is told from exceeding it.
    plain.resize(std::min(std::max(filled + kStep, filled * 2), max_bytes + 1));
    ZSTD_outBuffer out{plain.data(), plain.size(), filled};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
    // 0: the stream was ended. A sender never ends it, it flushes.
    if (ZSTD_isError(result) != 0U || result == 0) return false;
    filled = out.pos;
    if (filled > max_bytes) return false;
    if (in.pos == in.size && filled < plain.size()) break;  // nothing is held back
  }
  plain.resize(filled);
  return true;
}

}  // namespace icom::link
