#include "agent/supervise/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/listen/fake_linac.hpp"

namespace icom::supervise {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

ByteVector frames(int count, const std::vector<test::TestItem>& items) {
  ByteVector all;
  for (int i = 0; i < count; ++i) {
    test::FrameSpec frame;
    frame.counter = static_cast<std::uint8_t>(i);
    frame.items = items;
    frame.items.push_back(
        {0x300A, 0x011E, "DS", 'R', std::string(static_cast<std::size_t>(i % 3 + 1), '1')});
    append(all, test::build_frame(frame));
  }
  return all;
}

const std::vector<test::TestItem> kWithPatient = {
    {0x0010, 0x0010, "PN", 'P', "Doe^Jane"},
    {0x0010, 0x0020, "LO", 'P', "PAT0815"},
    {0x300A, 0x00B2, "SH", 'P', "42\n99"},
};

std::future<ProbeReport> start_probe(const listen::FakeLinac& linac, milliseconds duration) {
  return std::async(std::launch::async,
                    [address = linac.address(), duration] { return probe(address, duration); });
}

TEST(ProbeTest, ShowsTheStreamAndLeavesWithFin) {
  listen::FakeLinac linac;
  auto probing = start_probe(linac, milliseconds(300));
  linac.accept();
  linac.send(frames(10, kWithPatient));
  EXPECT_EQ(linac.wait_for_end(), "fin");
  linac.close();
  const auto report = probing.get();
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.framer.frames, 10U);
  EXPECT_EQ(report.machine_id, "42?99") << "what a machine calls itself is made fit for a terminal";
  EXPECT_EQ(report.convention, 0);
  EXPECT_TRUE(report.patient_selected);
  EXPECT_TRUE(report.clock_ahead_seconds.has_value());
  EXPECT_EQ(report.failure, "");
}

TEST(ProbeTest, NeverTellsWhoThePatientIs) {
  listen::FakeLinac linac;
  auto probing = start_probe(linac, milliseconds(100));
  linac.accept();
  linac.send(frames(3, kWithPatient));
  linac.wait_for_end();
  linac.close();
  const auto report = probing.get();
  ASSERT_TRUE(report.patient_selected);
  for (const auto& text : {to_text(report, linac.address()), to_json(report, linac.address())}) {
    EXPECT_THAT(text, Not(HasSubstr("PAT0815")));
    EXPECT_THAT(text, Not(HasSubstr("Doe")));
  }
}

TEST(ProbeTest, NobodyThereIsToldWithTheAddress) {
  listen::FakeLinac linac;
  linac.refuse();
  const auto report = probe(linac.address(), milliseconds(100));
  EXPECT_FALSE(report.answered);
  EXPECT_THAT(to_text(report, linac.address()),
              HasSubstr("nothing answers at " + linac.address().text()));
}

TEST(ProbeTest, SilentServerIsNotGood) {
  listen::FakeLinac linac;
  auto probing = start_probe(linac, milliseconds(50));
  linac.accept();
  linac.wait_for_end();
  linac.close();
  const auto report = probing.get();
  EXPECT_TRUE(report.answered);
  EXPECT_FALSE(report.good());
  EXPECT_THAT(to_text(report, linac.address()), HasSubstr("sent nothing"));
}

TEST(ProbeTest, OtherProtocolIsNotGood) {
  listen::FakeLinac linac;
  auto probing = start_probe(linac, milliseconds(100));
  linac.accept();
  linac.send(as_bytes("SSH-2.0-OpenSSH_9.2\r\n"));
  linac.wait_for_end();
  linac.close();
  const auto report = probing.get();
  EXPECT_FALSE(report.good());
  EXPECT_THAT(to_text(report, linac.address()), HasSubstr("without one iCom frame"));
}

TEST(ProbeTest, ServerThatClosesEndsTheProbeEarly) {
  listen::FakeLinac linac;
  auto probing = start_probe(linac, std::chrono::hours(1));
  linac.accept();
  linac.send(frames(2, {}));
  linac.close();
  const auto report = probing.get();
  EXPECT_EQ(report.framer.frames, 2U);
  EXPECT_FALSE(report.patient_selected);
  EXPECT_NE(report.failure, "");
}

}  // namespace
}  // namespace icom::supervise
