#include "tests/simulator/frame_builder.hpp"

#include <gmock/gmock.h>

#include "common/icom/frame_identity.hpp"
#include "tests/simulator/patients.hpp"
#include "tests/unit/simulator/frame_items.hpp"

namespace icom::simulator {
namespace {

using testing::ElementsAre;
using Structure = std::vector<std::pair<std::string, int>>;

const LinacClock::Stamp kStamp{"2026-03-0208:00:06", 226};

MachineState with_patient() {
  MachineState state;
  state.selection = Selection{"BANKSIA, Rose", "100234", "PROSTATE", "1-1", "VMAT"};
  state.state = LinacState::segment_irradiate;
  state.mode = FunctionMode::therapy_treatment;
  return state;
}

// The structure of the frames of nbcc-4299-morning.icom, which no code of this project made.
const Structure kMachineOfTheSample{
    {"3001,1006 LO P", 1},   {"3001,1007 DS P", 1}, {"3001,1007 DS S", 1},   {"3001,1007 DS R", 1},
    {"3001,1009 DS R", 1},   {"3008,0032 DS R", 1}, {"3008,0033 DS R", 1},   {"300A,00B2 SH P", 1},
    {"300A,00C6 CS R", 1},   {"300A,0114 SH R", 1}, {"300A,0118 CS R", 1},   {"300A,00B8 DS R", 1},
    {"300A,011C DS R", 2},   {"300A,00B8 DS R", 1}, {"300A,011C DS R", 2},   {"300A,00B8 DS R", 1},
    {"300A,011C DS R", 160}, {"300A,00B8 DS P", 1}, {"300A,011C DS P", 160}, {"300A,00B8 DS S", 1},
    {"300A,011C DS S", 160}, {"300A,011E DS R", 1}, {"300A,0120 DS R", 1},   {"300A,0122 DS R", 1},
    {"300A,0125 DS R", 1},   {"300A,0128 DS R", 1}, {"300A,0129 DS R", 1},   {"300A,012A DS R", 1},
    {"7001,0038 SH R", 1},   {"7002,000B DS R", 1}};
const Structure kPatientOfTheSample{
    {"0010,0010 PN P", 1}, {"0010,0020 LO P", 1}, {"3001,1001 LO P", 1}, {"3001,1003 LO P", 1}};

TEST(FrameBuilder, IdleFrameHasTheSamplesStructure) {
  EXPECT_EQ(structure_of(build_frame(kStamp, "4299", MachineState{}, {})), kMachineOfTheSample);
}

TEST(FrameBuilder, PatientFrameHasTheSamplesStructureAndABeamDescription) {
  Structure expected = kPatientOfTheSample;
  expected.insert(expected.end(), kMachineOfTheSample.begin(), kMachineOfTheSample.end());
  expected.insert(expected.end() - 2, {"7001,000C SH R", 1});
  EXPECT_EQ(structure_of(build_frame(kStamp, "4299", with_patient(), {})), expected);
}

TEST(FrameBuilder, HeadIsLaidOutAsOnTheWire) {
  ByteVector frame = build_frame(kStamp, "4299", with_patient(), {});
  set_length(frame, 8051);
  EXPECT_EQ(as_text(Bytes(frame).first(8)),
            std::string_view("\x73\x1F\x00\x00\x04\x04\x05\x01", 8));
  EXPECT_EQ(as_text(Bytes(frame).subspan(8, 18)), "2026-03-0208:00:06");
  EXPECT_EQ(frame[26], std::byte{226});
}

TEST(FrameBuilder, FirstItemIsByteForByteAsOnTheWire) {
  const ByteVector frame = build_frame(kStamp, "4299", MachineState{}, {});
  EXPECT_EQ(as_text(Bytes(frame).subspan(27, 16)),
            std::string_view("\x01\x30\x06\x10LO\0P\x04\0\0\0"
                             "4299",
                             16));
}

TEST(FrameBuilder, ItemsEndExactlyAtTheLastByte) {
  EXPECT_TRUE(items_end_exactly(build_frame(kStamp, "4299", with_patient(), {})));
}

TEST(FrameBuilder, FrameIsAboutEightKilobytes) {
  const ByteVector frame = build_frame(kStamp, "4299", with_patient(), {});
  EXPECT_GT(frame.size(), 7000U);
  EXPECT_LT(frame.size(), 9000U);
}

TEST(FrameBuilder, TenthsKeepTheirSignBelowOne) {
  MachineState state;
  for (const auto& [tenths, text] : {std::pair<Tenths, std::string>{-3, "-0.3"},
                                     {0, "0.0"},
                                     {7, "0.7"},
                                     {-100, "-10.0"},
                                     {1394, "139.4"},
                                     {kNotAvailable, "-32767"}}) {
    state.gantry = tenths;
    EXPECT_THAT(values_in(build_frame(kStamp, "1", state, {}), "300A,011E DS R"),
                ElementsAre(text));
  }
}

TEST(FrameBuilder, SentinelComesBeforeTheValueUnderTheSameTag) {
  MachineState state = with_patient();
  state.sentinels_first = true;
  state.delivery_mu = 55;
  const ByteVector frame = build_frame(kStamp, "1", state, {});
  EXPECT_THAT(values_in(frame, "3008,0032 DS R"), ElementsAre("-32767", "5.5"));
  EXPECT_THAT(values_in(frame, "300A,011E DS R"), ElementsAre("-32767", "0.0"));
}

TEST(FrameBuilder, EveryInterlockIsAnItem) {
  MachineState state;
  state.interlocks = {"Touchguard", "Beam Interrupted"};
  state.previous_interlocks = {"Settings Not Confirmed"};
  const ByteVector frame = build_frame(kStamp, "1", state, {});
  EXPECT_THAT(values_in(frame, "3001,1016 LO R"), ElementsAre("Touchguard", "Beam Interrupted"));
  EXPECT_THAT(values_in(frame, "3001,1018 LO R"), ElementsAre("Settings Not Confirmed"));
}

TEST(FrameBuilder, HostileTextsAreKeptByteForByte) {
  for (int ordinal = 0; ordinal < kHostilePatients; ++ordinal) {
    const Patient patient = make_hostile_patient(ordinal);
    MachineState state = with_patient();
    state.selection->patient_name = patient.name;
    state.selection->patient_id = patient.id;
    const ByteVector frame = build_frame(kStamp, "1", state, {});
    EXPECT_THAT(values_in(frame, "0010,0010 PN P"), ElementsAre(patient.name));
    EXPECT_THAT(values_in(frame, "0010,0020 LO P"), ElementsAre(patient.id));
    EXPECT_TRUE(items_end_exactly(frame));
  }
}

TEST(FrameBuilder, FrameWithoutItemsIsItsHead) {
  EXPECT_EQ(build_frame(kStamp, "1", with_patient(), {.no_items = true}).size(), 27U);
  EXPECT_EQ(build_frame(kStamp, "1", with_patient(), {.opaque_bytes = 5, .no_items = true}).size(),
            32U);
}

TEST(FrameBuilder, OpaqueBytesStandBeforeTheFirstItem) {
  const ByteVector plain = build_frame(kStamp, "1", MachineState{}, {});
  const ByteVector frame = build_frame(kStamp, "1", MachineState{}, {.opaque_bytes = 5});
  EXPECT_EQ(as_text(Bytes(frame).subspan(32)), as_text(Bytes(plain).subspan(27)));
}

TEST(FrameBuilder, OverrunningItemClaimsBytesThatAreNotThere) {
  const ByteVector plain = build_frame(kStamp, "1", MachineState{}, {});
  const ByteVector frame = build_frame(kStamp, "1", MachineState{}, {.overrun = true});
  EXPECT_EQ(frame.size(), plain.size());
  EXPECT_FALSE(items_end_exactly(frame));
  EXPECT_EQ(items_in(frame).size() + 1, items_in(plain).size());
}

TEST(FrameBuilder, BigFrameIsPaddedWithItems) {
  const ByteVector frame = build_frame(kStamp, "1", MachineState{}, {.at_least = 65536});
  EXPECT_GE(frame.size(), 65536U);
  EXPECT_TRUE(items_end_exactly(frame));
}

}  // namespace
}  // namespace icom::simulator
