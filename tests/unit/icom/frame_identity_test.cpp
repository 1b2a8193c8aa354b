#include "common/icom/frame_identity.hpp"

#include <gtest/gtest.h>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom {
namespace {

std::int64_t seconds(std::string_view text) {
  return linac_seconds(as_bytes(text).data());
}

TEST(DateAnchor, IsToldByItsShapeAtEveryPosition) {
  const std::string date = "2026-03-0208:00:59";
  ASSERT_TRUE(is_date_anchor(as_bytes(date).data()));
  for (std::size_t at = 0; at < date.size(); ++at) {
    for (const char wrong : {'x', '\0', '/', ';', '\xFF'}) {
      std::string broken = date;
      broken[at] = wrong;
      EXPECT_FALSE(is_date_anchor(as_bytes(broken).data())) << broken;
    }
    EXPECT_TRUE(matches_date_shape(as_bytes(date).first(at)));
  }
}

TEST(LinacTime, CountsSecondsOfTheLocalClock) {
  EXPECT_EQ(seconds("1970-01-0100:00:00"), 0);
  EXPECT_EQ(seconds("1970-01-0200:00:01"), 86'401);
  EXPECT_EQ(seconds("2026-03-0208:00:59"), 1'772'438'459);
  EXPECT_EQ(seconds("2024-02-2923:59:59") + 1, seconds("2024-03-0100:00:00"));
}

TEST(LinacTime, CarriesFieldsOutOfRangeOver) {
  EXPECT_EQ(seconds("2025-13-0100:00:00"), seconds("2026-01-0100:00:00"));
  EXPECT_EQ(seconds("2026-00-0100:00:00"), seconds("2025-12-0100:00:00"));
  EXPECT_EQ(seconds("2026-02-3000:00:00"), seconds("2026-03-0200:00:00"));
  EXPECT_EQ(seconds("2026-03-0000:00:00"), seconds("2026-02-2800:00:00"));
  EXPECT_EQ(seconds("2026-03-0224:60:60"), seconds("2026-03-0301:01:00"));
  EXPECT_LT(seconds("0000-00-0000:00:00"), seconds("9999-99-9999:99:99"));
}

TEST(LinacTime, IsWrittenAsItWasRead) {
  for (const std::string text : {"1970-01-0100:00:00", "2026-03-0208:00:59", "2024-02-2923:59:59",
                                 "0001-01-0100:00:00", "9999-12-3123:59:59"}) {
    EXPECT_EQ(linac_time_text(seconds(text)), text);
  }
  EXPECT_EQ(linac_time_file_stem(seconds("2026-03-0208:00:59")), "20260302_080059");
}

TEST(FrameIdentity, IsTimeCounterAndContent) {
  test::FrameSpec spec;
  spec.counter = 200;
  spec.items = test::typical_items(test::Patient{}, 1);
  const ByteVector frame = test::build_frame(spec);
  const auto identity = identify(frame);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->time, seconds(spec.time));
  EXPECT_EQ(identity->counter, 200);
  EXPECT_EQ(identity->hash, content_hash(frame));
  EXPECT_EQ(identify(frame), identity);

  for (std::size_t at = 0; at < frame.size(); ++at) {
    ByteVector other = frame;
    other[at] ^= std::byte{1};
    EXPECT_NE(identify(other), identity) << at;
  }
}

TEST(FrameIdentity, NeedsAWholeHeaderWithADate) {
  test::FrameSpec spec;
  const ByteVector frame = test::build_frame(spec);
  for (std::size_t size = 0; size < 27; ++size) {
    EXPECT_FALSE(identify(Bytes(frame).first(size)));
  }
  EXPECT_TRUE(identify(frame));
  spec.time = "2026-03-02 08:00:0";
  EXPECT_FALSE(identify(test::build_frame(spec)));
}

// The hash is on disk and on the wire: it must never change.
TEST(FrameIdentity, HashIsXxh3) {
  EXPECT_EQ(content_hash({}), 0x2D06800538D394C2U);
  EXPECT_EQ(content_hash(as_bytes("a")), 0xE6C632B61E964E1FU);
}

}  // namespace
}  // namespace icom
