#include "agent/forward/forward_status.hpp"

#include <gtest/gtest.h>

namespace icom::forward {
namespace {

ForwardStatus example() {
  ForwardStatus status;
  status.site = "nbcc";
  status.version = "0.1.0";
  status.pid = 4711;
  status.written_us = 1'709'000'000'123'456;
  status.connected = true;
  status.since_us = 1'708'000'000'000'000;
  status.last_error = ForwardError{"host_key", "the server is not the one", 1'707'000'000'000'000};
  LinacForwardStatus linac;
  linac.serial = "4299";
  linac.accepted = true;
  linac.backlog_bytes = 123'456'789'012;
  linac.just_sent_bytes = 8'064;
  linac.acked_run = 0xFEDC'BA98'7654'3210;
  linac.acked_seq = 42;
  linac.entries_sent = 50;
  linac.entries_acked = 42;
  linac.corrupt_entries = 1;
  linac.holes = 2;
  linac.damaged_segments = 3;
  linac.damaged_bytes = 24'000'000;
  linac.damaged_newest = "/spool/4299/000000000042.spool.damaged";
  linac.unreadable = "/spool/4299/000000000043.spool: Permission denied";
  linac.round_trip_ms = 7;
  status.linacs = {linac, {.serial = "9183", .reason = "not registered"}};
  status.forwards = {{.name = "mosaiq",
                      .direction = "remote",
                      .listen = "127.0.0.1:12433",
                      .target = "192.168.17.5:1433",
                      .state = "up",
                      .since_us = 1'708'000'000'000'001,
                      .connections = 3,
                      .connections_total = 9,
                      .connections_refused = 2,
                      .target_refusals = 4,
                      .target_refuses_since_us = 1'708'000'000'000'003,
                      .bytes_to_target = 123'456'789'012,
                      .bytes_from_target = 7,
                      .last_failure = "the target refuses",
                      .last_failure_us = 1'708'000'000'000'002},
                     PortForwardStatus{}};
  return status;
}

TEST(ForwardStatusTest, SurvivesJson) {
  EXPECT_EQ(forward_status_from_json(to_json(example())), example());
}

TEST(ForwardStatusTest, AbsentErrorSurvivesJson) {
  auto status = example();
  status.last_error.reset();
  EXPECT_EQ(forward_status_from_json(to_json(status)), status);
}

TEST(ForwardStatusTest, EveryTruncationIsRefused) {
  std::string json = to_json(example());
  while (json.back() != '}') json.pop_back();
  for (std::size_t size = 0; size < json.size(); ++size) {
    EXPECT_FALSE(forward_status_from_json(json.substr(0, size))) << size;
  }
}

TEST(ForwardStatusTest, UnknownFieldsAreLeftAlone) {
  const auto status = forward_status_from_json(
      R"({"site": "nbcc", "later": [1], "linacs": [{"serial": "1", "x": 1}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->site, "nbcc");
  EXPECT_EQ(status->linacs.at(0).serial, "1");
}

TEST(ForwardStatusTest, WrongTypesAreRefused) {
  EXPECT_FALSE(forward_status_from_json(R"({"site": 1, "linacs": []})"));
  EXPECT_FALSE(forward_status_from_json(R"({"site": "a", "linacs": {"serial": 1}})"));
  EXPECT_FALSE(forward_status_from_json(
      R"({"site": "a", "linacs": [{"serial": "1", "acked_run": "xyz"}]})"));
  EXPECT_FALSE(forward_status_from_json("[]"));
}

}  // namespace
}  // namespace icom::forward
