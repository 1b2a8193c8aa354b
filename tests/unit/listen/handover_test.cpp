#include "agent/listen/handover.hpp"

#include <gtest/gtest.h>

namespace icom::listen {
namespace {

QueuedEntry frame_of(std::string_view text) {
  QueuedEntry frame{.received_us = 1'772'438'400'000'007, .has_patient = true, .bytes = {}};
  append(frame.bytes, as_bytes(text));
  append(frame.bytes, as_bytes(std::string_view("\0\xff\x10", 3)));
  return frame;
}

void expect_same_framing(const KnownFraming& got, const KnownFraming& sent) {
  EXPECT_EQ(got.constant, sent.constant);
  EXPECT_EQ(got.learnt, sent.learnt);
  EXPECT_EQ(got.items_at, sent.items_at);
}

void expect_same_frame(const QueuedEntry& got, const QueuedEntry& sent) {
  EXPECT_EQ(got.kind, EntryKind::frame);
  EXPECT_EQ(got.received_us, sent.received_us);
  EXPECT_EQ(got.has_patient, sent.has_patient);
  EXPECT_EQ(got.bytes, sent.bytes);
}

Handover example() {
  Handover handover;
  handover.ipv6 = true;
  handover.linac = "[fd00::4299]:1706";
  handover.since_us = 1'772'438'400'250'000;
  handover.last_received_us = 1'772'438'401'000'001;
  const Bytes unfinished = as_bytes("the beginning of a frame");
  handover.unfinished.assign(unfinished.begin(), unfinished.end());
  handover.beam = BeamState{
      .patient = true, .unknown = true, .mu = 12.5, .unchanged = std::chrono::milliseconds(320)};
  handover.brought_frame = false;
  handover.last_frame = frame_of("the last frame");
  handover.framing = {.constant = -3, .learnt = true, .items_at = 29};
  handover.late.resize(3);
  handover.late[0].state = LateState{.last_frame = frame_of("another"),
                                     .own = true,
                                     .unfinished = frame_of("half a").bytes,
                                     .overtaken = true,
                                     .framing = {.constant = 4, .learnt = false, .items_at = 28}};
  handover.late[2].state = LateState{};
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
  ASSERT_TRUE(got->beam);
  EXPECT_TRUE(got->beam->patient);
  EXPECT_TRUE(got->beam->unknown);
  EXPECT_EQ(got->beam->mu, sent.beam->mu);
  EXPECT_EQ(got->beam->unchanged, sent.beam->unchanged);
  EXPECT_FALSE(got->brought_frame);
  expect_same_frame(got->last_frame, sent.last_frame);
  expect_same_framing(got->framing, sent.framing);
  ASSERT_EQ(got->late.size(), 3U);
  ASSERT_TRUE(got->late[0].state);
  const LateState& late = *got->late[0].state;
  expect_same_frame(late.last_frame, sent.late[0].state->last_frame);
  EXPECT_EQ(late.unfinished, sent.late[0].state->unfinished);
  EXPECT_TRUE(late.own && late.overtaken);
  expect_same_framing(late.framing, sent.late[0].state->framing);
  EXPECT_FALSE(got->late[1].state);
  ASSERT_TRUE(got->late[2].state);
  EXPECT_TRUE(got->late[2].state->last_frame.bytes.empty());
  EXPECT_FALSE(got->late[2].state->framing.constant);
}

TEST(HandoverFormat, AnOlderListenersIsUnderstood) {
  const auto got = decode_handover_text(R"({"format":1,"linac":"a:1","ipv6":false,"since_us":1,)"
                                        R"("last_received_us":2})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->last_received_us, 2);
  EXPECT_FALSE(got->beam);
  EXPECT_TRUE(got->brought_frame);
  EXPECT_TRUE(got->last_frame.bytes.empty());
  EXPECT_TRUE(got->late.empty());
  expect_same_framing(got->framing, KnownFraming());
}

TEST(HandoverFormat, TheLastFrameComesBackHoweverLargeItIs) {
  auto sent = example();
  sent.last_frame.bytes.assign(Framer::kMaxFrame, std::byte{0xA7});
  const auto bytes = encode_handover(sent);
  const auto sizes = decode_handover_head(bytes);
  ASSERT_TRUE(sizes);
  const auto got =
      decode_handover_text(as_text(Bytes(bytes).subspan(kHandoverHeadSize, sizes->text)));
  ASSERT_TRUE(got);
  expect_same_frame(got->last_frame, sent.last_frame);
}

TEST(HandoverFormat, AnOlderListenerTakesIt) {
  // It declines a larger text.
  auto handover = example();
  handover.late.clear();
  handover.last_frame.bytes.resize(Framer::kMaxFrame);
  const auto text_of = [&handover] {
    return decode_handover_head(encode_handover(handover, kOldersLastFrame))->text;
  };
  EXPECT_LE(text_of(), 64U * 1024);
  handover.last_frame.bytes.resize(kOldersLastFrame);
  EXPECT_LE(text_of(), 64U * 1024);
}

TEST(HandoverFormat, TheLargestThereCanBeIsWithinItsBound) {
  auto handover = example();
  handover.late.clear();
  handover.last_frame.bytes.resize(Framer::kMaxFrame);
  for (std::size_t i = 1; i < kHandoverHeadSize; ++i) {
    auto& state = handover.late.emplace_back().state.emplace();
    state.last_frame.bytes.resize(Framer::kMaxFrame);
    state.unfinished.resize(Framer::kMaxFrame + 64 * 1024);
  }
  EXPECT_TRUE(decode_handover_head(encode_handover(handover)));
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
  for (const std::string bytes : {"0", "0g", "AB", "0 "}) {
    EXPECT_FALSE(decode_handover_text(
        R"({"format":1,"linac":"a:1","ipv6":false,"since_us":1,"last_received_us":1,)"
        R"("last_frame":{"received_us":1,"has_patient":false,"bytes":")" +
        bytes + "\"}}"))
        << bytes;
  }
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
