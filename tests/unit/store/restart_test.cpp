// What is stored can be read whatever frame a start came after.
#include <algorithm>
#include <random>

#include "common/icom/delta_codec.hpp"
#include "gateway/store/frame_unpacker.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::TestItem;

class RestartTest : public test::StoreFixture {};

/// As message(), but that its item number `odd` is none (no letters stand where its VR is), and
/// that the value before it has `digits` digits.
ByteVector odd_message(unsigned n, std::size_t odd, unsigned digits) {
  test::FrameSpec spec;
  spec.time = test::time_after(n / 4);
  spec.counter = static_cast<std::uint8_t>(n);
  spec.items = test::typical_items(test::Patient{}, n);
  odd %= spec.items.size();
  spec.items[odd].vr = "d5";
  if (odd > 0) {
    spec.items[odd - 1].value = std::string(digits, '7');
  }
  return test::build_frame(spec);
}

TEST_F(RestartTest, EveryFrameCanBeReadThoughAnyWasTheLastBeforeAStart) {
  std::minstd_rand random(11);
  std::vector<ByteVector> sent;
  for (unsigned n = 0; n < 400; ++n) {
    sent.push_back(random() % 3 == 0
                       ? test::message(n, test::Patient{})
                       : odd_message(n, random() % 12, 1 + static_cast<unsigned>(random() % 3)));
    ASSERT_TRUE(commit(feed(1).from_seq(n + 1).frame(sent.back()).batch()));
    if (random() % 4 == 0) {
      reopen();
    }
  }
  reopen();
  ASSERT_TRUE(commit(feed(1).from_seq(401).frame(test::message(400, test::Patient{})).batch()));
  sent.push_back(test::message(400, test::Patient{}));
  EXPECT_TRUE(test::same_frames(stored(), sent));
  Database database(folder() / "icom.db", Database::Access::read_only);
  Query aside(database, "SELECT count(*) FROM damaged_tail");
  ASSERT_TRUE(aside.step());
  EXPECT_EQ(aside.integer(0), 0);
}

/// A chunk's data as gateways of before wrote it: at each start the encoder was given the last
/// frame alone.
class CodesOfBefore {
 public:
  void add(Bytes frame) {
    ByteVector code;
    encoder_.encode(frame, code);
    append_varint(codes_, code.size());
    append(codes_, code);
    last_.assign(frame.begin(), frame.end());
    is_read_as_it_stands_ = is_read_as_it_stands_ && reads(code);
  }
  void start() {
    encoder_.reset();
    ByteVector unused;
    encoder_.encode(last_, unused);
  }
  [[nodiscard]] const ByteVector& all() const { return codes_; }
  [[nodiscard]] bool is_read_as_it_stands() const { return is_read_as_it_stands_; }

 private:
  bool reads(Bytes code) {
    ByteVector frame;
    return decoder_.decode(code, frame) && frame == last_;
  }

  DeltaEncoder encoder_;
  DeltaDecoder decoder_;
  ByteVector codes_;
  ByteVector last_;
  bool is_read_as_it_stands_ = true;
};

TEST(FrameUnpackerTest, ReadsWhatGatewaysOfBeforeHaveWrittenAfterAStart) {
  std::vector<ByteVector> frames{test::message(1, test::Patient{}), odd_message(2, 6, 1),
                                 odd_message(3, 6, 2), test::message(4, test::Patient{}),
                                 test::message(5, test::Patient{})};
  CodesOfBefore codes;
  for (std::size_t n = 0; n < frames.size(); ++n) {
    if (n > 0) codes.start();
    codes.add(frames[n]);
  }
  ASSERT_FALSE(codes.is_read_as_it_stands()) << "nothing is tested";
  ZstdCodec zstd;
  const Bytes data = zstd.compress(codes.all());
  const ByteVector copy(data.begin(), data.end());
  FrameUnpacker unpacker;
  unpacker.open(copy, zstd);
  for (const ByteVector& frame : frames) {
    FrameKey key;
    key.hash = content_hash(frame);
    const Bytes read = unpacker.next(key);
    EXPECT_TRUE(std::ranges::equal(read, frame));
  }
}

}  // namespace
}  // namespace icom::store
