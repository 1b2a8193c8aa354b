// icom-listen as its users run it.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/listen/listen_process.hpp"

namespace icom::listen {
namespace {

using ListenProgramTest = ListenProcessFixture;

TEST_F(ListenProgramTest, SigtermGivesTheLinacAFinAndKeepsEverything) {
  const auto listener = start();
  linac_.accept();
  linac_.send(linac_frames(0, 20));
  listener->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.send(linac_frame(21));
  linac_.close();
  EXPECT_EQ(listener->wait(), 0);
  EXPECT_EQ(spooled(), linac_frames(0, 21));
  EXPECT_FALSE(status()->stream.connected);
}

TEST_F(ListenProgramTest, WhatTheSpoolGaveUpAtItsBoundIsSaidWhenItBeginsAndInTheLastLine) {
  const auto listener = start({"--max-bytes", std::to_string(16U << 20U)});
  linac_.accept();
  test::FrameSpec spec;
  spec.items = {{0x0010, 0x0020, "LO", 'P', "100234"},
                {0x3001, 0x1003, "LO", 'P', std::string(60'000, 'x')}};
  const auto frame = test::build_frame(spec);
  for (std::size_t sent = 0; sent < (40U << 20U); sent += frame.size()) linac_.send(frame);
  const auto said = [&] { return errors().find("the oldest is given up") != std::string::npos; };
  EXPECT_TRUE(eventually(said)) << errors();
  listener->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener->wait(), 0);
  const auto lines = errors();
  const auto last = lines.substr(lines.rfind("ended; "));
  EXPECT_NE(last.find("GIVEN UP: "), std::string::npos) << last;
  EXPECT_NE(last.find("in the spool, which was at its bound"), std::string::npos) << last;
  EXPECT_EQ(last.find("\n"), last.size() - 1) << "it is the last";
}

TEST_F(ListenProgramTest, ALostTerminalAndAClosedPipeEndNothing) {
  const auto listener = start();
  linac_.accept();
  listener->signal(SIGHUP);
  listener->signal(SIGPIPE);
  linac_.send(linac_frames(0, 3));
  EXPECT_TRUE(eventually([&] { return spooled() == linac_frames(0, 3); }));
}

TEST_F(ListenProgramTest, KilledItLeavesWhatItHadWritten) {
  const auto listener = start();
  linac_.accept();
  linac_.send(linac_frames(0, 20));
  EXPECT_TRUE(eventually([&] { return spooled() == linac_frames(0, 20); }));
  listener->signal(SIGKILL);
  EXPECT_EQ(listener->wait(), std::nullopt);
  EXPECT_EQ(spooled(), linac_frames(0, 20));
}

TEST_F(ListenProgramTest, ASecondOneForTheSameSpoolFailsAndSaysWhy) {
  const auto listener = start();
  linac_.accept();
  EXPECT_EQ(start()->wait(), 1);
  EXPECT_NE(errors().find("another listener writes this spool"), std::string::npos) << errors();
}

TEST_F(ListenProgramTest, WrongUsageIsToldByTheExitCodeAndALine) {
  const auto spool = folder_.path().string();
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"--linac", "192.168.17.400", "--serial", "4299", "--spool", spool}), 2);
  EXPECT_NE(errors().find("192.168.17.400"), std::string::npos) << errors();
  EXPECT_EQ(run({"--linac", "127.0.0.1", "--serial", "../4299", "--spool", spool}), 2);
  EXPECT_EQ(run({"--linac", "127.0.0.1", "--serial", "4299", "--spool", spool, "--max-bytes", "1"}),
            2);
  EXPECT_EQ(
      run({"--linac", "127.0.0.1", "--serial", "4299", "--spool", spool, "--log-level", "loud"}),
      2);
}

TEST_F(ListenProgramTest, LogsNothingOfAPatient) {
  const auto listener = start({"--log-level", "trace"});
  linac_.accept();
  linac_.send(linac_frames(0, 40));
  linac_.send(linac_frame(90));
  linac_.close();
  linac_.accept();
  listener->signal(SIGTERM);
  linac_.wait_for_end();
  linac_.close();
  EXPECT_EQ(listener->wait(), 0);
  const auto log = errors();
  EXPECT_NE(log.find("connected to the Linac"), std::string::npos);
  EXPECT_EQ(log.find("BANKSIA"), std::string::npos);
  EXPECT_EQ(log.find("100234"), std::string::npos);
}

}  // namespace
}  // namespace icom::listen
