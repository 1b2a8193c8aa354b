#include "gateway/ingest/link_status_board.hpp"

#include <gtest/gtest.h>

namespace icom::ingest {
namespace {

TEST(LinkStatusBoard, LastReportOfALinacCounts) {
  LinkStatusBoard board;
  const auto now = std::chrono::system_clock::now();
  link::LinacStatus status;
  status.set_connected(true);
  status.set_frames(7);
  status.set_backlog_bytes(8);
  status.set_last_frame_us(9);
  status.set_given_up_frames(10);
  status.set_given_up_frames_with_patient(11);
  board.report({"nbcc", "4299"}, link::LinacStatus(), now);
  board.report({"nbcc", "4299"}, status, now);
  ASSERT_EQ(board.linacs().size(), 1U);
  const LinacLinkStatus kept = board.linacs().at({"nbcc", "4299"});
  EXPECT_TRUE(kept.linac_connected);
  EXPECT_EQ(kept.frames, 7U);
  EXPECT_EQ(kept.backlog_bytes, 8U);
  EXPECT_EQ(kept.last_frame_us, 9);
  EXPECT_EQ(kept.given_up_frames, 10U);
  EXPECT_EQ(kept.given_up_frames_with_patient, 11U);
  EXPECT_EQ(kept.reported_at, now);
}

TEST(LinkStatusBoard, ConnectionsOfASiteAreCounted) {
  LinkStatusBoard board;
  EXPECT_EQ(board.agents("nbcc"), 0U);
  board.agent_came("nbcc", 1);
  board.agent_came("nbcc", 2);
  board.agent_came("rccc", 3);
  board.agent_went("nbcc", 4);
  EXPECT_EQ(board.agents("nbcc"), 1U);
  EXPECT_EQ(board.agents("rccc"), 1U);
}

/// A second connection comes before the first has gone: the site was here all the while.
TEST(LinkStatusBoard, ASiteIsHereFromItsFirstConnectionToItsLast) {
  LinkStatusBoard board;
  board.agent_came("nbcc", 10);
  board.agent_came("nbcc", 20);
  board.agent_went("nbcc", 30);
  EXPECT_EQ(board.sites().at("nbcc"), (SitePresence{1, 10, 0}));
  board.agent_went("nbcc", 40);
  EXPECT_EQ(board.sites().at("nbcc"), (SitePresence{0, 10, 40}));
  board.agent_came("nbcc", 50);
  EXPECT_EQ(board.sites().at("nbcc"), (SitePresence{1, 50, 40}));
}

}  // namespace
}  // namespace icom::ingest
