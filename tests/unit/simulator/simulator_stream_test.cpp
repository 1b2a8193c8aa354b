// What clients receive, and whether the ledger says the same.
#include <gmock/gmock.h>

#include "tests/unit/simulator/simulator_run.hpp"

namespace icom::simulator {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

TEST_F(SimulatorRun, FirstLineSaysWhereItListens) {
  start();
  EXPECT_EQ(out.str(),
            "listening 127.0.0.1:" + std::to_string(simulator->port()) + " serial 4299\n");
}

TEST_F(SimulatorRun, PortThatIsTakenIsAnError) {
  start();
  options.port = simulator->port();
  std::ostringstream other;
  EXPECT_THROW(Simulator(io, options, other), std::system_error);
}

TEST_F(SimulatorRun, ClientReceivesWhatTheLedgerSays) {
  options.frames = 200;
  start();
  LoopbackClient& client = connect_reader();
  run_to_end();
  EXPECT_TRUE(client.ended_by_fin());
  EXPECT_THAT(kinds_sent_to(1), testing::AllOf(SizeIs(200), Each("frame")));
  expect_received_as_booked(client, 1);
  EXPECT_TRUE(simulator->files_complete());
}

TEST_F(SimulatorRun, LedgerHoldsWithEveryFaultOfTheStream) {
  options.frames = 300;
  options.stream.faults.every(Fault::duplicate, 7);
  options.stream.faults.every(Fault::conflict, 11);
  options.stream.faults.every(Fault::skip, 13);
  options.stream.faults.every(Fault::junk, 5);
  options.stream.faults.every(Fault::fragment, 17);
  options.stream.faults.every(Fault::no_items, 19);
  options.stream.faults.every(Fault::overrun, 23);
  options.stream.faults.every(Fault::big, 29);
  options.stream.length = LengthField::parse("random").value();
  start();
  LoopbackClient& client = connect_reader();
  run_to_end();
  expect_received_as_booked(client, 1);
  EXPECT_THAT(kinds_sent_to(1),
              testing::IsSupersetOf({"frame", "duplicate", "conflict", "junk", "partial"}));
}

TEST_F(SimulatorRun, SeveralClientsReceiveTheSameFrames) {
  options.frames = 100;
  options.speed = 100;
  start();
  LoopbackClient& first = connect_reader();
  LoopbackClient& second = connect_reader();
  run_until([&] { return !first.received().empty() && !second.received().empty(); });
  LoopbackClient& late = connect_reader();
  run_to_end();
  expect_received_as_booked(first, 1);
  expect_received_as_booked(second, 2);
  expect_received_as_booked(late, 3);
  const std::string_view all = as_text(first.received());
  EXPECT_TRUE(all.ends_with(as_text(second.received())));
  EXPECT_TRUE(all.ends_with(as_text(late.received())));
  EXPECT_LT(late.received().size(), first.received().size());
}

TEST_F(SimulatorRun, PiecesOfOneByteAreTheSameStream) {
  options.frames = 5;
  options.session.piece = 1;
  start();
  LoopbackClient& client = connect_reader();
  run_to_end();
  EXPECT_THAT(kinds_sent_to(1), SizeIs(5));
  expect_received_as_booked(client, 1);
}

TEST_F(SimulatorRun, StreamRunsOnWithoutAnyClient) {
  options.frames = 50;
  options.wait_for_client = false;
  start();
  run_to_end();
  EXPECT_EQ(report()["frames_made"], 50);
  EXPECT_THAT(ledger(), SizeIs(0));
}

TEST_F(SimulatorRun, ClockWaitsForTheFirstClientWhenAsked) {
  options.frames = 5;
  start();
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(report()["frames_made"], 0);
  connect_reader();
  run_to_end();
  EXPECT_EQ(ledger().at(0).time, "2026-03-0208:00:00");
}

TEST_F(SimulatorRun, NewClientReceivesTheLastFramesAgainFirst) {
  options.frames = 20;
  options.replay = 3;
  options.stream.faults.at(Fault::close, 10);
  options.stream.faults.at(Fault::pause, 10);  // so that the second client is there for frame 11
  options.stream.pause = std::chrono::seconds(1500);
  start();
  LoopbackClient& first = connect_reader();
  run_until([&] { return first.ended(); });
  LoopbackClient& second = connect_reader();
  run_to_end();
  expect_received_as_booked(second, 2);
  const auto lines = ledger();
  ASSERT_THAT(lines, SizeIs(23));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(lines[10 + i].kind, "replay");
    EXPECT_EQ(lines[10 + i].hash, lines[7 + i].hash);
  }
  EXPECT_EQ(lines[13].kind, "frame");
}

TEST_F(SimulatorRun, GapIsToldOnceTheStreamHasGoneOn) {
  options.frames = 10;
  options.stream.faults.at(Fault::skip, 3);
  options.stream.faults.at(Fault::skip, 10);
  start();
  connect_reader();
  run_to_end();
  EXPECT_THAT(kinds_sent_to(1), SizeIs(8));
  EXPECT_EQ(comments("skipped"), 1U);
}

TEST_F(SimulatorRun, ClosesAfterTheFrameAndListensOn) {
  options.frames = 12;
  options.stream.faults.at(Fault::close, 5);
  options.stream.faults.at(Fault::pause, 5);
  options.stream.pause = std::chrono::seconds(1500);
  start();
  LoopbackClient& first = connect_reader();
  run_until([&] { return first.ended(); });
  EXPECT_TRUE(first.ended_by_fin());
  LoopbackClient& second = connect_reader();
  run_to_end();
  EXPECT_THAT(kinds_sent_to(1), SizeIs(5));
  EXPECT_THAT(kinds_sent_to(2), SizeIs(7));
  expect_received_as_booked(first, 1);
  expect_received_as_booked(second, 2);
}

TEST_F(SimulatorRun, ResetComesAfterEveryByteBefore) {
  options.frames = 50;
  options.stream.faults.at(Fault::reset, 50);
  start();
  LoopbackClient& client = connect_reader();
  run_to_end();
  EXPECT_TRUE(client.ended_by_reset());
  EXPECT_THAT(kinds_sent_to(1), SizeIs(50));
  expect_received_as_booked(client, 1);
}

TEST_F(SimulatorRun, TruncatedFrameEndsTheConnectionAndIsAPartial) {
  options.frames = 4;
  options.stream.faults.at(Fault::truncate, 4);
  start();
  LoopbackClient& client = connect_reader();
  run_to_end();
  EXPECT_TRUE(client.ended_by_fin());
  EXPECT_THAT(kinds_sent_to(1), ElementsAre("frame", "frame", "frame", "partial"));
  expect_received_as_booked(client, 1);
}

TEST_F(SimulatorRun, EndsAfterTheDeliveriesAndAFewIdleFrames) {
  options.stream.day.deliveries = 2;
  options.exit_when_done = true;
  start();
  LoopbackClient& client = connect_reader();
  run_to_end();
  EXPECT_EQ(report()["deliveries"], 2);
  expect_received_as_booked(client, 1);
}

TEST_F(SimulatorRun, FileThatCannotBeWrittenIsAnErrorAtOnce) {
  options.ledger = folder / "no-such-folder/ledger";
  EXPECT_THROW(start(), std::system_error);
}

}  // namespace
}  // namespace icom::simulator
