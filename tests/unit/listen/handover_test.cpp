#include "agent/listen/handover.hpp"

#include <gtest/gtest.h>

namespace icom::listen {
namespace {

Handover example() {
  Handover handover;
  handover.ipv6 = true;
  handover.linac = "[fd00::4299]:1706";
  handover.since_us = 1'772'438'400'250'000;
  handover.last_received_us = 1'772'438'401'000'001;
  const Bytes unfinished = as_bytes("the beginning of a frame");
  handover.unfinished.assign(unfinished.begin(), unfinished.end());
  return handover;
}

TEST(HandoverFormat, EveryFieldComesBack) {
  const auto sent = example();
  const auto bytes = encode_handover(sent);
  const auto sizes = decode_handover_head(bytes);
  ASSERT_TRUE(sizes);
  ASSERT_EQ(bytes.size(), kHandoverHeadSize + sizes->text + sizes->unfinished);
  const Bytes rest = Bytes(bytes).subspan(kHandoverHeadSize);
  const auto got = decode_handover_text(as_text(rest.first(sizes->text)));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->ipv6, sent.ipv6);
  EXPECT_EQ(got->linac, sent.linac);
  EXPECT_EQ(got->since_us, sent.since_us);
  EXPECT_EQ(got->last_received_us, sent.last_received_us);
  EXPECT_EQ(as_text(rest.subspan(sizes->text)), as_text(sent.unfinished));
}

TEST(HandoverFormat, NoPartOfItsTextIsTakenForAWholeOne) {
  const auto bytes = encode_handover(example());
  const auto text =
      as_text(Bytes(bytes).subspan(kHandoverHeadSize, decode_handover_head(bytes)->text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(decode_handover_text(text.substr(0, size))) << size;
  }
}

TEST(HandoverFormat, ATextOfAnotherFormatIsRefused) {
  EXPECT_FALSE(decode_handover_text(R"({"format":2,"linac":"a:1","ipv6":false,"since_us":1,)"
                                    R"("last_received_us":1})"));
  EXPECT_FALSE(decode_handover_text(R"({"format":1,"linac":7})"));
  EXPECT_FALSE(decode_handover_text("[]"));
}

TEST(HandoverFormat, SizesThatNoListenerSendsAreRefused) {
  ByteVector head;
  append_little_endian(head, kMaxHandoverText + 1);
  append_little_endian(head, std::uint32_t{0});
  EXPECT_FALSE(decode_handover_head(head));
  head.clear();
  append_little_endian(head, std::uint32_t{10});
  append_little_endian(head, kMaxUnfinished + 1);
  EXPECT_FALSE(decode_handover_head(head));
}

}  // namespace
}  // namespace icom::listen
