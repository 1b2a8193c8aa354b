#include "tests/simulator/conduct.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace icom::simulator {
namespace {

using namespace std::chrono_literals;

ClientConduct polite(int client) {
  ClientConduct conduct;
  conduct.client = client;
  conduct.connected = std::chrono::system_clock::time_point(1s);
  conduct.disconnected = std::chrono::system_clock::time_point(3s);
  conduct.frames_sent = 8;
  conduct.closed_by = ClosedBy::fin;
  return conduct;
}

TEST(Conduct, ReportHoldsTheLastWordOfEachClient) {
  ConductReport report("4299");
  ClientConduct first = polite(1);
  first.closed_by = ClosedBy::open;
  first.disconnected.reset();
  report.update(first);
  report.update(polite(2));
  EXPECT_TRUE(nlohmann::json::parse(report.to_json())["clients"][0]["disconnected_us"].is_null());
  report.update(polite(1));
  const auto json = nlohmann::json::parse(report.to_json());
  EXPECT_EQ(json["serial"], "4299");
  ASSERT_EQ(json["clients"].size(), 2U);
  EXPECT_EQ(json["clients"][0]["closed_by"], "fin");
  EXPECT_EQ(json["clients"][0]["connected_us"], 1'000'000);
  EXPECT_EQ(json["clients"][0]["disconnected_us"], 3'000'000);
  EXPECT_EQ(json["clients"][0]["frames_sent"], 8);
  EXPECT_EQ(json["clients"][0]["stopped_reading"], false);
}

TEST(Conduct, TreatmentIsMarkedAsNotRecordedOnce) {
  ConductReport report("4299");
  EXPECT_TRUE(report.mark_not_recorded({3, "1-2", 1, "reset"}));
  EXPECT_FALSE(report.mark_not_recorded({3, "1-3", 2, "stopped reading"}));
  EXPECT_TRUE(report.mark_not_recorded({4, "1-1", 2, "stopped reading"}));
  const auto json = nlohmann::json::parse(report.to_json());
  ASSERT_EQ(json["not_recorded"].size(), 2U);
  EXPECT_EQ(json["not_recorded"][0]["field_id"], "1-2");
  EXPECT_EQ(json["not_recorded"][1]["reason"], "stopped reading");
}

TEST(Conduct, SummaryTellsWhatIsUnusualOnly) {
  EXPECT_EQ(summary_of(polite(1)), "client 1 gone after 8 frames: closed by fin, beam off");
  ClientConduct rude = polite(2);
  rude.closed_by = ClosedBy::reset;
  rude.beam_on_when_closed = true;
  rude.stopped_reading = true;
  rude.longest_stall = 1234ms;
  rude.bytes_received = 5;
  rude.backlog_overflowed = true;
  EXPECT_EQ(
      summary_of(rude),
      "client 2 gone after 8 frames: closed by reset, beam on, stopped reading for up to 1234 ms, "
      "dropped with a full backlog, sent 5 bytes to the Linac");
}

TEST(Conduct, ReportThatCannotBeWrittenIsAnError) {
  const ConductReport report("4299");
  EXPECT_THROW(report.write("/nonexistent/report.json"), std::system_error);
}

}  // namespace
}  // namespace icom::simulator
