// icom-listen, whose spool folder somebody removes while it runs.
#include <gmock/gmock.h>

#include <csignal>

#include "agent/listen/listen_program.hpp"
#include "common/control/protocol.hpp"
#include "tests/unit/listen/control_talk.hpp"
#include "tests/unit/listen/listen_process.hpp"

namespace icom::listen {
namespace {

using ::testing::HasSubstr;

using RemovedSpool = ListenProcessFixture;

TEST_F(RemovedSpool, ListenerGoesOnInAFolderMadeAnewWithAllThatItReceivedAndCanBeAskedThere) {
  const auto listener = start();
  linac_.accept();
  linac_.send(linac_frames(0, 20));
  ASSERT_TRUE(has_spooled(linac_frames(0, 20)));
  std::filesystem::remove_all(spool());
  linac_.send(linac_frames(21, 30));
  EXPECT_TRUE(has_spooled(linac_frames(0, 30)));
  EXPECT_TRUE(eventually([&] { return status() && status()->folders_made_anew == 1; }));
  // What is logged is written by a thread of its own.
  EXPECT_TRUE(eventually([&] { return errors().find("made anew") != std::string::npos; }));
  EXPECT_EQ(start()->wait(), 1) << "a second one";
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("alive"));
  EXPECT_EQ(talk.hear(), "alive");
  linac_.send(linac_frames(31, 40));
  listener->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener->wait(), 0);
  EXPECT_EQ(spooled(), linac_frames(0, 40));
}

TEST_F(RemovedSpool, WhatIsRemovedJustBeforeTheEndIsMadeAnewAtTheEnd) {
  const auto listener = start();
  linac_.accept();
  linac_.send(linac_frames(0, 20));
  ASSERT_TRUE(has_spooled(linac_frames(0, 20)));
  std::filesystem::remove_all(spool());
  listener->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener->wait(), 0);
  EXPECT_EQ(spooled(), linac_frames(0, 20));
}

TEST_F(RemovedSpool, ControlSocketThatAloneIsRemovedIsMadeAnew) {
  const auto listener = start();
  linac_.accept();
  ASSERT_TRUE(
      eventually([&] { return std::filesystem::exists(spool() / control::kListenerSocket); }));
  std::filesystem::remove(spool() / control::kListenerSocket);
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("alive"));
  EXPECT_EQ(talk.hear(), "alive");
}

TEST_F(RemovedSpool, ListenerWhoseFolderAnotherHasMadeLeavesTheLinacToThatOne) {
  const auto first = start();
  linac_.accept();
  linac_.send(linac_frames(0, BeamWatch::kGoneFrames, false));  // no beam is on
  ASSERT_TRUE(has_spooled(linac_frames(0, BeamWatch::kGoneFrames, false)));
  first->signal(SIGSTOP);
  std::filesystem::remove_all(spool());
  const auto second = start();
  ASSERT_TRUE(eventually([&] { return status() && status()->pid == second->pid(); })) << errors();
  EXPECT_FALSE(status()->stream.connected) << "a second client";
  first->signal(SIGCONT);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(first->wait(), 0);
  EXPECT_THAT(errors(), HasSubstr("another listener has made it anew"));
  linac_.accept();
  linac_.send(linac_frames(50, 60));
  EXPECT_TRUE(has_spooled(linac_frames(50, 60)));
  EXPECT_EQ(status()->pid, second->pid());
}

}  // namespace
}  // namespace icom::listen
