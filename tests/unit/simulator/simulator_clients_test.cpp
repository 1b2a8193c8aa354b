// What the report says of how clients behave.
#include <gmock/gmock.h>

#include "tests/unit/simulator/simulator_run.hpp"

namespace icom::simulator {
namespace {

using testing::SizeIs;

class SimulatorClients : public SimulatorRun {
 protected:
  SimulatorClients() {
    options.speed = 100;
    // Beam after beam, for longer than any test lasts.
    options.stream.day.beam_frames = 2000;
    options.stream.day.beams = 50;
  }

  void run_until_beam_is_on(const LoopbackClient& reader) {
    // Set-up is over by frame 50; frame 100 is well within a beam.
    run_until([&] { return reader.received().size() > 100 * 8500; });
  }
};

TEST_F(SimulatorClients, GoodbyeIsReportedAsFin) {
  options.stream.day.idle_frames = 2000;  // no beam comes meanwhile
  start();
  LoopbackClient& client = connect_reader();
  run_until([&] { return !client.received().empty(); });
  client.say_goodbye();
  run_until([&] { return client.ended(); });
  run_until([&] { return report()["clients"][0]["closed_by"] == "fin"; });
  const auto conduct = report()["clients"][0];
  EXPECT_FALSE(conduct["disconnected_us"].is_null());
  EXPECT_EQ(conduct["bytes_received"], 0);
  EXPECT_EQ(conduct["stopped_reading"], false);
  EXPECT_EQ(conduct["beam_on_when_closed"], false);
  EXPECT_EQ(conduct["frames_sent"], kinds_sent_to(1).size());
  EXPECT_TRUE(client.ended_by_fin());
  expect_received_as_booked(client, 1);
}

TEST_F(SimulatorClients, GoodbyeDuringABeamIsReportedButLosesNoRecord) {
  start();
  LoopbackClient& client = connect_reader();
  run_until_beam_is_on(client);
  client.say_goodbye();
  run_until([&] { return report()["clients"][0]["closed_by"] == "fin"; });
  EXPECT_EQ(report()["clients"][0]["beam_on_when_closed"], true);
  EXPECT_THAT(report()["not_recorded"], SizeIs(0));
}

TEST_F(SimulatorClients, ResetDuringABeamLosesTheTreatmentsRecord) {
  start();
  LoopbackClient& client = connect_reader();
  run_until_beam_is_on(client);
  client.reset();
  run_until([&] { return report()["clients"][0]["closed_by"] == "reset"; });
  EXPECT_EQ(report()["clients"][0]["beam_on_when_closed"], true);
  ASSERT_THAT(report()["not_recorded"], SizeIs(1));
  EXPECT_EQ(report()["not_recorded"][0]["reason"], "reset");
  EXPECT_EQ(report()["not_recorded"][0]["client"], 1);
  EXPECT_EQ(report()["not_recorded"][0]["field_id"], "1-1");
}

TEST_F(SimulatorClients, ResetOfAClientThatDoesNotReadIsNoGoodbye) {
  start();
  LoopbackClient& client = connect();
  run_until([&] { return report()["clients"][0]["longest_stall_ms"] > 0; });
  client.reset();
  run_until([&] { return report()["clients"][0]["closed_by"] == "reset"; });
}

TEST_F(SimulatorClients, ResetWithoutABeamLosesNothing) {
  options.stream.day.idle_frames = 2000;
  start();
  LoopbackClient& client = connect_reader();
  run_until([&] { return !client.received().empty(); });
  client.reset();
  run_until([&] { return report()["clients"][0]["closed_by"] == "reset"; });
  EXPECT_EQ(report()["clients"][0]["beam_on_when_closed"], false);
  EXPECT_THAT(report()["not_recorded"], SizeIs(0));
}

TEST_F(SimulatorClients, ClientThatStopsReadingDuringABeamLosesTheTreatmentsRecord) {
  options.not_recorded_after = ClientConduct::kStoppedReadingAfter;
  start();
  connect();
  run_until([&] { return report()["not_recorded"].size() == 1; });
  EXPECT_EQ(report()["not_recorded"][0]["reason"], "stopped reading");
  EXPECT_EQ(report()["clients"][0]["stopped_reading"], true);
  EXPECT_EQ(report()["clients"][0]["closed_by"], "open");
}

TEST_F(SimulatorClients, ClientThatDoesNotReadIsDroppedAndOthersNoticeNothing) {
  options.session.backlog_bound = 4'000'000;  // more than a second of the stream
  start();
  LoopbackClient& reader = connect_reader();
  connect();
  run_until([&] {
    return report()["clients"].size() == 2 && report()["clients"][1]["closed_by"] == "simulator";
  });
  EXPECT_EQ(report()["clients"][1]["backlog_overflowed"], true);
  EXPECT_EQ(report()["clients"][0]["closed_by"], "open");
  const std::size_t before = reader.received().size();
  run_until([&] { return reader.received().size() > before + 100'000; });
  EXPECT_FALSE(reader.ended());
}

TEST_F(SimulatorClients, DroppedClientsLedgerIsWhatItStillReceives) {
  options.session.backlog_bound = 200'000;
  start();
  LoopbackClient& client = connect();
  run_until([&] {
    return report()["clients"].size() == 1 && report()["clients"][0]["closed_by"] == "simulator";
  });
  client.read();
  run_until([&] { return client.ended(); });
  expect_received_as_booked(client, 1);
}

TEST_F(SimulatorClients, ClientThatSendsSomethingIsReported) {
  start();
  LoopbackClient& client = connect_reader();
  client.send("hello");
  run_until([&] { return !client.received().empty(); });
  client.say_goodbye();
  run_until([&] { return report()["clients"][0]["closed_by"] == "fin"; });
  EXPECT_EQ(report()["clients"][0]["bytes_received"], 5);
}

TEST_F(SimulatorClients, StopCutsOffAClientThatDoesNotRead) {
  start();
  connect();
  run_until([&] {
    return report()["clients"].size() == 1 && report()["clients"][0]["longest_stall_ms"] > 0;
  });
  bool finished = false;
  simulator->on_finished([&] { finished = true; });
  simulator->stop(std::chrono::milliseconds(50));
  run_until([&] { return finished; });
  EXPECT_EQ(report()["clients"][0]["closed_by"], "simulator");
}

TEST_F(SimulatorClients, EndOfTheSimulationIsAFinForEveryClient) {
  start();
  LoopbackClient& first = connect_reader();
  LoopbackClient& second = connect_reader();
  run_until([&] { return !first.received().empty() && !second.received().empty(); });
  simulator->stop(std::chrono::seconds(5));
  run_until([&] { return first.ended() && second.ended(); });
  EXPECT_TRUE(first.ended_by_fin());
  EXPECT_TRUE(second.ended_by_fin());
}

}  // namespace
}  // namespace icom::simulator
