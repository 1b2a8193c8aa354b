#include "gateway/store/frame_key.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "gateway/store/varint.hpp"

namespace icom::store {
namespace {

std::vector<FrameKey> some_keys() {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  std::vector<FrameKey> keys;
  for (std::int64_t n = 0; n < 20; ++n) {
    keys.push_back({{3, 1000 + n / 4, n % 4, 50 + n},
                    static_cast<std::uint64_t>(n) * 0x9E3779B97F4A7C15U,
                    1'700'000'000'000'000 + n * 250'013,
                    static_cast<std::uint8_t>(250 + n),
                    n % 7 == 3});
  }
  keys.push_back({{3, kMost, kLeast, kMost}, 0, kLeast, 255, true});
  keys.push_back({{3, kLeast, kMost, 0}, ~0ULL, kMost, 0, false});
  return keys;
}

bool equal(const FrameKey& a, const FrameKey& b) {
  return a.place == b.place && a.identity() == b.identity() && a.received_us == b.received_us &&
         a.conflict == b.conflict;
}

TEST(FrameKeyTest, KeysComeBackAsTheyWere) {
  const auto keys = some_keys();
  ByteVector encoded;
  encode_keys(keys, encoded);
  std::vector<FrameKey> decoded;
  decode_keys(encoded, 3, decoded);
  ASSERT_EQ(decoded.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(equal(decoded[i], keys[i])) << i;
  }
}

TEST(FrameKeyTest, EveryTruncationIsRefused) {
  ByteVector encoded;
  encode_keys(some_keys(), encoded);
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    std::vector<FrameKey> decoded;
    EXPECT_THROW(decode_keys(Bytes(encoded).first(size), 3, decoded), CorruptData) << size;
  }
  encoded.push_back(std::byte{0});
  std::vector<FrameKey> decoded;
  EXPECT_THROW(decode_keys(encoded, 3, decoded), CorruptData);
}

TEST(FrameKeyTest, ASteadyStreamTakesFewBytes) {
  std::vector<FrameKey> keys;
  for (std::int64_t n = 0; n < 256; ++n) {
    keys.push_back({{1, n / 4, n % 4, n}, 0, n * 250'000, static_cast<std::uint8_t>(n), false});
  }
  ByteVector encoded;
  encode_keys(keys, encoded);
  EXPECT_LE(encoded.size(), 256U * 17);
}

}  // namespace
}  // namespace icom::store
