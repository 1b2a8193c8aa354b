// icom-listen, asked to leave its Linac when no beam is on.
#include <gmock/gmock.h>

#include "agent/listen/listen_program.hpp"
#include "common/control/protocol.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/listen/control_talk.hpp"
#include "tests/unit/listen/listen_process.hpp"

namespace icom::listen {
namespace {

class Drain : public ListenProcessFixture {
 protected:
  void SetUp() override {
    listener_ = start();
    linac_.accept();
  }
  /// MU rise from frame to frame.
  void beam(unsigned first, unsigned last) {
    linac_.send(linac_frames(first, last));
    ASSERT_TRUE(has_spooled(linac_frames(0, last)));
  }
  void no_patient(unsigned number) { linac_.send(linac_frames(number, number + 1, false)); }
  /// Long enough to be believed of a connection that has brought nothing else.
  void no_patient_from_the_start() {
    const auto stream = linac_frames(0, BeamWatch::kGoneFrames, false);
    linac_.send(stream);
    ASSERT_TRUE(has_spooled(stream));
  }
  /// As no_patient(), again and again until the listener says something else than that it waits.
  std::optional<std::string> hear_until_it_leaves(ControlTalk& talk, unsigned number) {
    for (;;) {
      const auto line = talk.hear();
      if (!line || !line->starts_with("waiting ")) return line;
      linac_.send(linac_frame(number++, false));
    }
  }
  [[nodiscard]] bool drained() const { return std::filesystem::exists(spool() / kDrainedFile); }

  std::unique_ptr<ListenProcess> listener_;
};

TEST_F(Drain, WithoutAPatientTheListenerLeavesAtOnceWithFin) {
  no_patient_from_the_start();
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 60000"));
  EXPECT_EQ(talk.hear(), "leaving no patient is selected, or nothing is connected");
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener_->wait(), 0);
  EXPECT_TRUE(drained());
}

TEST_F(Drain, DuringABeamItSaysThatItWaitsAndStays) {
  beam(0, 9);
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 60000"));
  for (int i = 0; i < 3; ++i) {
    const auto line = talk.hear();
    ASSERT_TRUE(line);
    EXPECT_EQ(line->substr(0, 8), "waiting ");
  }
  beam(10, 19);
  EXPECT_FALSE(drained());
}

TEST_F(Drain, WhenThePatientGoesItLeaves) {
  beam(0, 9);
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 60000"));
  ASSERT_EQ(talk.hear().value_or("").substr(0, 8), "waiting ");
  EXPECT_EQ(hear_until_it_leaves(talk, 10),
            "leaving no patient is selected, or nothing is connected");
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

TEST_F(Drain, AFrameWithoutAPatientInABeamIsNoReasonToLeave) {
  beam(0, 9);
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 60000"));
  for (unsigned number = 10; number < 40; ++number) {
    linac_.send(linac_frame(number, number % 10 != 5));
    const auto line = talk.hear();
    ASSERT_EQ(line.value_or("").substr(0, 8), "waiting ");
  }
}

TEST_F(Drain, AtItsLimitItLeavesDuringABeamToo) {
  beam(0, 9);
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 0"));
  EXPECT_EQ(talk.hear(), "leaving the time limit is reached, and a beam may be on");
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener_->wait(), 0);
  EXPECT_EQ(spooled(), linac_frames(0, 9));
}

TEST_F(Drain, OfAPatientWhoseMuCannotBeReadItSaysSoAndWaitsToTheLimit) {
  test::FrameSpec spec;
  spec.items = {{0x0010, 0x0020, "LO", 'P', "100234"}, {0x3008, 0x0032, "DS", 'R', "12,5"}};
  ByteVector stream;
  for (spec.counter = 0; spec.counter < 4; ++spec.counter) append(stream, test::build_frame(spec));
  linac_.send(stream);
  ASSERT_TRUE(has_spooled(stream));
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 300"));
  auto line = talk.hear();
  EXPECT_TRUE(line && line->starts_with("waiting ") && line->ends_with(" no-mu")) << *line;
  while (line && line->starts_with("waiting ")) line = talk.hear();
  EXPECT_EQ(line, "leaving the time limit is reached, and no MU could be read: a beam may be on");
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

TEST_F(Drain, WhoeverAskedAndIsGoneDoesNotEndTheListener) {
  beam(0, 9);
  {
    ControlTalk talk(spool());
    ASSERT_TRUE(talk.say("drain 60000"));
    ASSERT_TRUE(talk.hear());
  }
  EXPECT_TRUE(eventually([&] { return errors().find("it stays") != std::string::npos; }));
  no_patient(10);
  linac_.send(linac_frames(12, 20));
  EXPECT_TRUE(eventually([&] { return status()->stream.framer.frames > 20; }));
  EXPECT_FALSE(drained());
}

TEST_F(Drain, WithoutAConnectionThereIsNothingToWaitFor) {
  beam(0, 9);
  linac_.close();
  linac_.refuse();
  ControlTalk talk(spool());
  ASSERT_TRUE(eventually([&] { return !status()->stream.connected; }));
  ASSERT_TRUE(talk.say("drain 60000"));
  EXPECT_EQ(talk.hear(), "leaving no patient is selected, or nothing is connected");
  EXPECT_EQ(listener_->wait(), 0);
}

TEST_F(Drain, OfAConnectionThatHasBroughtNothingYetABeamMayBeOn) {
  ControlTalk talk(spool());
  ASSERT_TRUE(eventually([&] { return status() && status()->stream.connected; }));
  ASSERT_TRUE(talk.say("drain 60000"));
  EXPECT_EQ(talk.hear().value_or("").substr(0, 8), "waiting ");
  EXPECT_EQ(hear_until_it_leaves(talk, 0),
            "leaving no patient is selected, or nothing is connected");
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

TEST_F(Drain, InABeamItWaitsAlsoJustAfterATakeOver) {
  beam(0, 9);
  const auto after = start({"--take-over"});
  EXPECT_EQ(listener_->wait(), 0) << errors();
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 60000"));
  EXPECT_EQ(talk.hear().value_or("").substr(0, 8), "waiting ");
  EXPECT_EQ(hear_until_it_leaves(talk, 10),
            "leaving no patient is selected, or nothing is connected");
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

TEST_F(Drain, AStartTakesTheMarkAway) {
  no_patient_from_the_start();
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 60000"));
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener_->wait(), 0);
  ASSERT_TRUE(drained());
  const auto again = start();
  linac_.accept();
  EXPECT_FALSE(drained());
}

TEST_F(Drain, WhatIsNoRequestGetsAnAnswerAndChangesNothing) {
  for (const std::string request : {"drain", "drain ", "drain soon", "drain -1", "drain 1s",
                                    "drain 99999999999", "stopp", ""}) {
    SCOPED_TRACE(request);
    ControlTalk talk(spool());
    ASSERT_TRUE(talk.say(request));
    EXPECT_THAT(talk.hear().value_or(""), ::testing::StartsWith("error expected "));
  }
  ControlTalk talk(spool());
  talk.say(std::string(10'000, 'x'));
  EXPECT_EQ(talk.hear(), std::nullopt);
  linac_.send(linac_frames(0, 9));
  EXPECT_TRUE(has_spooled(linac_frames(0, 9)));
}

TEST_F(Drain, AskedToStopItLeavesAtOnceDuringABeamToo) {
  beam(0, 9);
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("stop"));
  EXPECT_EQ(talk.hear(), "stopping " + std::to_string(listener_->pid()));
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener_->wait(), 0);
  EXPECT_EQ(spooled(), linac_frames(0, 9));
  EXPECT_FALSE(drained());
}

TEST_F(Drain, ItsStatusIsWhatItsFileHas) {
  beam(0, 9);
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("status"));
  EXPECT_THAT(talk.hear().value_or(""),
              ::testing::AllOf(::testing::StartsWith("status {"),
                               ::testing::HasSubstr("\"serial\": \"4299\"")));
}

TEST_F(Drain, OnlyItsUserMayAsk) {
  ControlTalk talk(spool());
  EXPECT_EQ(std::filesystem::status(spool() / control::kListenerSocket).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace icom::listen
