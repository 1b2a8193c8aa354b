#include "common/link/message_compression.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace icom::link {
namespace {

/// What every zstd frame begins with; not sent.
constexpr std::string_view kMagic = "\x28\xB5\x2F\xFD";

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result) != 0U) {
    throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(result));
  }
  return result;
}

/// One for each thread, since nothing in it outlasts a message: with a context of its own each
/// connection would hold 250 kB.
ZSTD_DCtx& decompression_context() {
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                                  &ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  return *context;
}

/// Feeds `compressed` and appends to `plain`. Says whether the frame has ended exactly there;
/// nothing if it is no good.
enum class Fed { good, ended, bad };
Fed feed(ZSTD_DCtx& context, std::string_view compressed, std::size_t max_bytes,
         std::string& plain) {
  constexpr std::size_t kStep = 16U << 10U;
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  for (;;) {
    const std::size_t filled = plain.size();
    // One byte of room beyond the bound, so that reaching it is told from exceeding it.
    plain.resize(std::min(filled + std::max(kStep, filled), max_bytes + 1));
    ZSTD_outBuffer out{plain.data(), plain.size(), filled};
    const std::size_t result = ZSTD_decompressStream(&context, &out, &in);
    const bool is_full = out.pos == plain.size();
    plain.resize(out.pos);
    if (ZSTD_isError(result) != 0U || out.pos > max_bytes) return Fed::bad;
    if (result == 0) return in.pos == in.size ? Fed::ended : Fed::bad;
    if (in.pos == in.size && !is_full) return Fed::good;
  }
}

}  // namespace

void History::add(std::string_view plain) {
  if (plain.size() >= kHistoryBytes) {
    text_ = plain.substr(plain.size() - kHistoryBytes);
    return;
  }
  const std::size_t room = kHistoryBytes - plain.size();
  if (text_.size() > room) text_.erase(0, text_.size() - room);
  text_ += plain;
}

MessageCompressor::MessageCompressor() : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
  if (!context_) throw std::bad_alloc();
  checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel));
  checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kWindowLog));
}

std::string MessageCompressor::compress(std::string_view plain) {
  checked(ZSTD_CCtx_refPrefix(context_.get(), history_.text().data(), history_.text().size()));
  std::string compressed(ZSTD_compressBound(plain.size()), '\0');
  compressed.resize(checked(ZSTD_compress2(context_.get(), compressed.data(), compressed.size(),
                                           plain.data(), plain.size())));
  compressed.erase(0, kMagic.size());
  history_.add(plain);
  return compressed;
}

bool MessageDecompressor::decompress(std::string_view compressed, std::size_t max_bytes,
                                     std::string& plain) {
  ZSTD_DCtx& context = decompression_context();
  ZSTD_DCtx_reset(&context, ZSTD_reset_session_only);
  // A peer that declares a larger window would make us allocate it.
  ZSTD_DCtx_setParameter(&context, ZSTD_d_windowLogMax, kWindowLog);
  if (ZSTD_isError(ZSTD_DCtx_refPrefix(&context, history_.text().data(), history_.text().size()))) {
    return false;
  }
  plain.clear();
  if (feed(context, kMagic, max_bytes, plain) != Fed::good) return false;
  if (feed(context, compressed, max_bytes, plain) != Fed::ended) return false;
  history_.add(plain);
  return true;
}

}  // namespace icom::link
