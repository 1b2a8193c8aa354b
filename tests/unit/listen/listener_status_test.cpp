#include "agent/listen/listener_status.hpp"

#include <gtest/gtest.h>

namespace icom::listen {
namespace {

ListenerStatus some_status() {
  ListenerStatus status;
  status.pid = 4711;
  status.serial = "4299";
  status.address = "192.168.17.40:1706";
  status.written_us = 1'700'000'000'000'001;
  status.stream.connected = true;
  status.stream.last_failure = "closed by the Linac";
  status.stream.framer.frames = 12;
  status.stream.late_frames_without_place = 6;
  status.stream.convention = -4;
  status.stream.counter.gaps = 3;
  status.queue.peak_bytes = 8'115;
  status.spool_run = 0xFFFF'FFFF'FFFF'FFFF;
  status.spool.given_up_frames = 5;
  status.spool.given_up_junk_bytes = 700;
  status.queue.dropped_junk_bytes = 30;
  status.failed_syncs = 1;
  status.folders_made_anew = 2;
  status.folder_made_anew_us = 1'699'000'000'000'000;
  return status;
}

TEST(ListenerStatus, ComesBackFromItsText) {
  const auto text = to_json(some_status());
  const auto read = listener_status_from_json(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), text);
  EXPECT_EQ(read->spool_run, some_status().spool_run);
  EXPECT_EQ(read->stream.convention, -4);
  EXPECT_EQ(read->stream.framer.frames, 12U);
  EXPECT_EQ(read->spool.given_up_junk_bytes, 700U);
  EXPECT_EQ(read->stream.late_frames_without_place, 6U);
  EXPECT_EQ(read->queue.dropped_junk_bytes, 30U);
  EXPECT_EQ(read->folders_made_anew, 2U);
}

TEST(ListenerStatus, AConventionThatIsNotKnownStaysSo) {
  auto status = some_status();
  status.stream.convention.reset();
  EXPECT_EQ(listener_status_from_json(to_json(status))->stream.convention, std::nullopt);
}

TEST(ListenerStatus, FieldsThatAreMissingOrNotKnownDoNoHarm) {
  const auto read = listener_status_from_json(R"({"pid": 7, "of_a_newer_version": [1, 2]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->pid, 7);
  EXPECT_EQ(read->stream.framer.frames, 0U);
}

TEST(ListenerStatus, WhatIsNoStatusIsRefused) {
  for (const char* text : {"", "[]", "7", "{", R"({"pid": "seven"})", R"({"connected": []})"}) {
    EXPECT_FALSE(listener_status_from_json(text)) << text;
  }
}

TEST(ListenerStatus, NoPartOfItsTextIsTakenForAWholeOne) {
  const auto text = to_json(some_status());
  for (std::size_t size = 0; size < text.size() - 2; ++size) {
    EXPECT_FALSE(listener_status_from_json(std::string_view(text).substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace icom::listen
