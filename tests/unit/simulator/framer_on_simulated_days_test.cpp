// The framer on simulated days with several faults at a time: every frame that the Linac sent whole
// comes out as it was sent.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulator/frame_source.hpp"
#include "tests/unit/icom/framer_feed.hpp"

namespace icom::simulator {
namespace {

using Faults = std::vector<std::pair<Fault, std::uint64_t>>;

constexpr int kTicks = 1499;

StreamOptions day_with(std::string_view length, const Faults& faults, std::size_t junk_bytes) {
  StreamOptions options;
  options.start = parse_linac_time("2026-03-02 08:00:00").value();
  options.day.beam_frames = 40;
  options.day.idle_frames = 8;
  options.junk_bytes = junk_bytes;
  options.length = LengthField::parse(length).value();
  for (const auto& [fault, every] : faults) {
    options.faults.every(fault, every);
  }
  return options;
}

// Frames sent whole that did not come out, in their order, as frames of their own.
std::size_t frames_spoilt(const StreamOptions& options, std::size_t step) {
  FrameSource source(options);
  Framer framer;
  test::KeptPieces kept;
  std::vector<std::shared_ptr<const Payload>> sent;
  ByteVector stream;
  for (int tick = 0; tick < kTicks; ++tick) {
    for (const Message& message : source.next().messages) {
      const Bytes bytes = Bytes(message.payload->bytes).first(message.size);
      append(stream, bytes);
      test::feed(framer, bytes, step, kept);
      if (message.kind != MessageKind::junk && message.kind != MessageKind::partial) {
        sent.push_back(message.payload);
      }
    }
  }
  test::take_rest(framer, kept);
  EXPECT_TRUE(test::joined(kept) == stream) << "bytes were lost, altered or doubled";

  const auto got = test::frames_of(kept);
  std::size_t next = 0;
  std::size_t spoilt = 0;
  for (const auto& payload : sent) {
    std::size_t at = next;
    while (at < got.size() && at < next + 4 && got[at] != payload->bytes) {
      ++at;
    }
    if (at < got.size() && got[at] == payload->bytes) {
      next = at + 1;
    } else {
      ++spoilt;
    }
  }
  return spoilt;
}

struct Day {
  std::string name;
  Faults faults;
  friend void PrintTo(const Day& day, std::ostream* out) { *out << day.name; }
};

class FramerOnSimulatedDays : public testing::TestWithParam<Day> {};

TEST_P(FramerOnSimulatedDays, SpoilsNoFrameWhateverTheLengthCounts) {
  for (const char* length : {"whole", "minus4", "items"}) {
    for (const std::size_t junk : {1U, 100U, 5000U}) {
      EXPECT_EQ(frames_spoilt(day_with(length, GetParam().faults, junk), 1448), 0U)
          << length << ", junk of " << junk;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Days, FramerOnSimulatedDays,
    testing::Values(Day{"Calm", {}}, Day{"Junk", {{Fault::junk, 20}}},
                    Day{"MuchJunk", {{Fault::junk, 3}}},
                    Day{"JunkAndNoItems", {{Fault::junk, 20}, {Fault::no_items, 45}}},
                    Day{"JunkAndOverruns", {{Fault::junk, 20}, {Fault::overrun, 70}}},
                    Day{"JunkAndBigFrames", {{Fault::junk, 20}, {Fault::big, 30}}},
                    Day{"JunkAndDuplicates",
                        {{Fault::junk, 6}, {Fault::duplicate, 4}, {Fault::conflict, 10}}},
                    Day{"Fragments", {{Fault::fragment, 25}}},
                    Day{"JunkAndFragments", {{Fault::junk, 20}, {Fault::fragment, 9}}},
                    Day{"Everything",
                        {{Fault::junk, 20},
                         {Fault::no_items, 45},
                         {Fault::overrun, 70},
                         {Fault::big, 110},
                         {Fault::duplicate, 15},
                         {Fault::conflict, 25},
                         {Fault::skip, 50}}}),
    [](const auto& param) { return param.param.name; });

TEST(FramerOnALengthThatLies, SpoilsNoFrame) {
  for (const Faults& faults :
       {Faults{}, Faults{{Fault::junk, 20}}, Faults{{Fault::no_items, 45}}}) {
    EXPECT_EQ(frames_spoilt(day_with("lie-every-7", faults, 100), 1448), 0U);
  }
}

// Nothing but dates and items to go by.
TEST(FramerWithoutALength, SpoilsNoFrameOfACalmDay) {
  for (const char* length : {"constant", "random"}) {
    EXPECT_EQ(frames_spoilt(day_with(length, {}, 0), 1448), 0U) << length;
  }
}

TEST(FramerWithoutALength, PartsJunkFromFramesOnceItemsHaveShownWhereFramesEnd) {
  for (const char* length : {"constant", "random"}) {
    EXPECT_EQ(frames_spoilt(day_with(length, {{Fault::junk, 20}}, 100), 1448), 0U) << length;
  }
}

}  // namespace
}  // namespace icom::simulator
