#include "common/link/zstd_stream.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace icom::link {
namespace {

/// Text that compresses, but not to nothing.
std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * i) + ' ';
  text.resize(size);
  return text;
}

/// A stream as another sender might make it.
std::string compressed_with(int window_log, const std::string& plain, ZSTD_EndDirective end) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  std::string compressed(ZSTD_compressBound(plain.size()), '\0');
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer out{compressed.data(), compressed.size(), 0};
  ZSTD_compressStream2(context.get(), &out, &in, end);
  compressed.resize(out.pos);
  return compressed;
}

TEST(ZstdStream, EachMessageComesOutWholeBeforeTheNextIsSent) {
  CompressStream compress;
  DecompressStream decompress;
  for (const std::size_t size : {0U, 1U, 100U, 15'000U, 200'000U, 3U, 1'000'000U}) {
    const std::string plain = text_of(size);
    std::string result;
    ASSERT_TRUE(decompress.message(compress.message(plain), 1'000'000, result)) << size;
    EXPECT_EQ(result, plain);
  }
}

TEST(ZstdStream, LaterMessagesProfitFromEarlierOnes) {
  CompressStream compress;
  const std::string plain = text_of(5'000);
  const std::size_t first = compress.message(plain).size();
  EXPECT_LT(compress.message(plain).size(), first / 10);
}

TEST(ZstdStream, BoundIsTheLastSizeThatIsTaken) {
  const std::string plain = text_of(50'000);
  const std::string compressed = CompressStream().message(plain);
  std::string result;
  EXPECT_TRUE(DecompressStream().message(compressed, plain.size(), result));
  EXPECT_FALSE(DecompressStream().message(compressed, plain.size() - 1, result));
}

TEST(ZstdStream, LargerWindowThanAgreedIsRefused) {
  std::string result;
  const std::string plain = text_of(1'000);
  EXPECT_TRUE(
      DecompressStream().message(compressed_with(kWindowLog, plain, ZSTD_e_flush), 1'000, result));
  EXPECT_FALSE(DecompressStream().message(compressed_with(kWindowLog + 1, plain, ZSTD_e_flush),
                                          1'000, result));
}

TEST(ZstdStream, StreamThatEndsIsRefused) {
  std::string result;
  const std::string ended = compressed_with(kWindowLog, text_of(1'000), ZSTD_e_end);
  EXPECT_FALSE(DecompressStream().message(ended, 1'000, result));
}

}  // namespace
}  // namespace icom::link
