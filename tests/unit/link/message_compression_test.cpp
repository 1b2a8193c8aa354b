#include "common/link/message_compression.hpp"

#include <gtest/gtest.h>

namespace icom::link {
namespace {

/// Text that compresses, but not to nothing.
std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * i) + ' ';
  text.resize(size);
  return text;
}

/// A message as another sender might make it: of unknown size, so that it declares its window.
std::string compressed_with(int window_log, const std::string& plain) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  std::string compressed(ZSTD_compressBound(plain.size()) + 64, '\0');
  ZSTD_inBuffer in{plain.data(), plain.size(), 0};
  ZSTD_outBuffer out{compressed.data(), compressed.size(), 0};
  ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_flush);
  ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_end);
  compressed.resize(out.pos);
  return compressed.substr(4);  // the magic number is not sent
}

bool is_taken(const std::string& compressed, std::size_t max_bytes = 10'000) {
  std::string plain;
  return MessageDecompressor().decompress(compressed, max_bytes, plain);
}

TEST(MessageCompression, EachMessageComesOutWholeBeforeTheNextIsSent) {
  MessageCompressor compressor;
  MessageDecompressor decompressor;
  for (const std::size_t size : {0U, 1U, 100U, 15'000U, 200'000U, 3U, 32'768U, 1'000'000U, 9U}) {
    const std::string plain = text_of(size);
    std::string result;
    ASSERT_TRUE(decompressor.decompress(compressor.compress(plain), 1'000'000, result)) << size;
    EXPECT_EQ(result, plain);
  }
}

TEST(MessageCompression, LaterMessagesProfitFromEarlierOnes) {
  MessageCompressor compressor;
  const std::string plain = text_of(5'000);
  const std::size_t first = compressor.compress(plain).size();
  compressor.compress("something else");
  EXPECT_LT(compressor.compress(plain).size(), first / 10);
}

TEST(MessageCompression, ConnectionsShareAThreadWithoutSharingAnything) {
  MessageCompressor compressors[2];
  MessageDecompressor decompressors[2];
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t end = 0; end < 2; ++end) {
      const std::string plain = text_of(300 + 100 * i + end) + std::to_string(end);
      std::string result;
      ASSERT_TRUE(decompressors[end].decompress(compressors[end].compress(plain), 10'000, result));
      ASSERT_EQ(result, plain);
    }
  }
}

TEST(MessageCompression, RefusedMessageDoesNotDisturbOtherConnections) {
  MessageCompressor compressor;
  MessageDecompressor decompressor;
  std::string result;
  ASSERT_TRUE(decompressor.decompress(compressor.compress("before"), 100, result));
  EXPECT_FALSE(is_taken("rubbish"));
  ASSERT_TRUE(decompressor.decompress(compressor.compress("before and after"), 100, result));
  EXPECT_EQ(result, "before and after");
}

TEST(MessageCompression, BoundIsTheLastSizeThatIsTaken) {
  const std::string plain = text_of(50'000);
  const std::string compressed = MessageCompressor().compress(plain);
  EXPECT_TRUE(is_taken(compressed, plain.size()));
  EXPECT_FALSE(is_taken(compressed, plain.size() - 1));
}

TEST(MessageCompression, LargerWindowThanAgreedIsRefused) {
  EXPECT_TRUE(is_taken(compressed_with(kWindowLog, text_of(1'000))));
  EXPECT_FALSE(is_taken(compressed_with(kWindowLog + 1, text_of(1'000))));
}

TEST(MessageCompression, EveryTruncationIsRefused) {
  const std::string whole = MessageCompressor().compress(text_of(1'000));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(is_taken(whole.substr(0, size))) << size;
  }
}

TEST(MessageCompression, BytesBehindTheMessageAreRefused) {
  const std::string whole = MessageCompressor().compress(text_of(1'000));
  EXPECT_TRUE(is_taken(whole));
  EXPECT_FALSE(is_taken(whole + '\0'));
  EXPECT_FALSE(is_taken(whole + "\x28\xB5\x2F\xFD" + whole));
}

TEST(MessageCompression, HistoryHoldsTheLastTextOfABoundedSize) {
  History history;
  history.add(std::string(kHistoryBytes - 1, 'a'));
  history.add("bc");
  EXPECT_EQ(history.text().size(), kHistoryBytes);
  EXPECT_EQ(history.text().substr(kHistoryBytes - 3), "abc");
  history.add(std::string(2 * kHistoryBytes, 'd') + 'e');
  EXPECT_EQ(history.text(), std::string(kHistoryBytes - 1, 'd') + 'e');
}

}  // namespace
}  // namespace icom::link
