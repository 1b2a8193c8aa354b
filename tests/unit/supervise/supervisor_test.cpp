#include "agent/supervise/supervisor.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "tests/unit/supervise/supervised_site.hpp"

namespace icom::supervise::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

using SupervisorTest = SupervisedSite;

TEST_F(SupervisorTest, StartsEveryProgramOnce) {
  start();
  EXPECT_THAT(host_.events, ElementsAre("start l1", "start l2", "start f"));
}

TEST_F(SupervisorTest, ProgramThatEndsIsStartedAgainAndNoOtherIsTouched) {
  start();
  host_.end("l1", {.exit_code = 1});
  run_until([this] { return host_.runs("l1"); });
  host_.end("f", {.signal = 9});
  run_until([this] { return host_.runs("f"); });
  EXPECT_THAT(host_.events, ElementsAre("start l1", "start l2", "start f", "end l1", "start l1",
                                        "end f", "start f"));
}

TEST_F(SupervisorTest, ProgramThatCannotBeStartedIsTriedAgain) {
  host_.missing.insert("f");
  start();
  EXPECT_TRUE(host_.runs("l1"));
  host_.missing.clear();
  run_until([this] { return host_.runs("f"); });
}

TEST_F(SupervisorTest, StopEndsListenersBeforeTheForwarder) {
  start();
  host_.events.clear();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, ElementsAre("end l1", "end l2", "terminate f", "end f"));
}

TEST_F(SupervisorTest, AProgramThatAnswersOnItsChannelIsStoppedThereAndGetsNoSignal) {
  channels_ = {{"f", true}};
  start();
  host_.events.clear();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, ElementsAre("end l1", "end l2", "ask f", "end f"));
}

TEST_F(SupervisorTest, AProgramThatDoesNotAnswerOnItsChannelGetsASignal) {
  channels_ = {{"f", false}};
  start();
  host_.events.clear();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, ElementsAre("end l1", "end l2", "ask f", "terminate f", "end f"));
}

TEST_F(SupervisorTest, AnAdoptedProgramThatAnswersOnItsChannelIsStoppedThere) {
  channels_ = {{"f", true}};
  elsewhere_["f"] = 4711;
  start();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("ask f"));
  EXPECT_THAT(host_.events, Not(Contains("terminate 4711")));
  EXPECT_THAT(host_.events, Not(Contains("kill 4711")));
}

TEST_F(SupervisorTest, AnAdoptedProgramOfBeforeTheChannelGetsASignal) {
  channels_ = {{"f", false}};
  elsewhere_["f"] = 4711;
  host_.on_signal = [this](ProcessId process) {
    if (process == 4711) elsewhere_.erase("f");
  };
  start();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("terminate 4711"));
}

TEST_F(SupervisorTest, AListenerThatCouldNotBeAskedToLeaveIsStoppedByItsChannel) {
  answers_ = false;
  channels_ = {{"l1", true}};
  start();
  host_.events.clear();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("ask l1"));
  EXPECT_THAT(host_.events, Not(Contains("terminate l1")));
  EXPECT_THAT(host_.events, Contains("terminate l2"));
}

TEST_F(SupervisorTest, ForwarderMayDrainBeforeItIsStopped) {
  stop_.drain = std::chrono::seconds(9);
  stop_.forwarder = stop_.all = std::chrono::seconds(10);
  drained_ = false;
  start();
  supervisor_->stop();
  run_until([this] { return !host_.runs("l1") && !host_.runs("l2"); });
  for (int i = 0; i < 5; ++i) io_.run_one_for(milliseconds(5));
  EXPECT_TRUE(host_.runs("f"));
  drained_ = true;
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Not(Contains("kill f")));
}

TEST_F(SupervisorTest, ForwarderThatCannotDrainIsStoppedAllTheSame) {
  drained_ = false;
  start();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("terminate f"));
  EXPECT_THAT(host_.events, Not(Contains("kill f")));
}

TEST_F(SupervisorTest, FanOutIsKeptRunningAndStoppedWithTheForwarder) {
  start();
  supervisor_->keep_fan_out(plan("o"));
  run_until([this] { return host_.runs("o"); });
  host_.end("o", {.exit_code = 1});
  run_until([this] { return !host_.runs("o"); });
  run_until([this] { return host_.runs("o"); });
  supervisor_->keep_fan_out(plan("another"));
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Not(Contains("start another")));
  const auto at = [this](const char* event) {
    return std::find(host_.events.begin(), host_.events.end(), event);
  };
  EXPECT_LT(at("terminate f"), at("terminate o"));
  EXPECT_NE(at("terminate o"), host_.events.end());
}

TEST_F(SupervisorTest, FanOutThatDoesNotEndIsKilled) {
  host_.stubborn = {"o"};
  start();
  supervisor_->keep_fan_out(plan("o"));
  run_until([this] { return host_.runs("o"); });
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("kill o"));
  EXPECT_THAT(host_.events, Not(Contains("kill f")));
}

TEST_F(SupervisorTest, ProgramsThatDoNotEndAreKilled) {
  answers_ = false;
  host_.stubborn = {"l2", "f"};
  start();
  host_.events.clear();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, ElementsAre("terminate l1", "end l1", "terminate l2", "kill l2",
                                        "end l2", "terminate f", "kill f", "end f"));
}

TEST_F(SupervisorTest, KillKillsAtOnce) {
  answers_ = false;
  stop_ = {};  // the real, long ones
  host_.stubborn = {"l1", "l2", "f"};
  start();
  supervisor_->stop();
  run_until([this] { return host_.events.back() == "terminate l2"; });
  supervisor_->kill();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("kill l1"));
  EXPECT_THAT(host_.events, Contains("kill f"));
}

TEST_F(SupervisorTest, StopWaitsForEachListenerThatMayNotLeaveYetAndForNoOther) {
  may_leave_ = false;
  start();
  host_.events.clear();
  supervisor_->stop();
  run_until([this] { return asked_ == 2; });
  for (int i = 0; i < 5; ++i) io_.run_one_for(milliseconds(5));
  EXPECT_THAT(host_.events, ElementsAre());
  host_.end("l1", {});
  for (int i = 0; i < 5; ++i) io_.run_one_for(milliseconds(5));
  EXPECT_TRUE(host_.runs("l2"));
  EXPECT_TRUE(host_.runs("f"));
  may_leave_ = true;
  host_.end("l2", {});
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, ElementsAre("end l1", "end l2", "terminate f", "end f"));
}

TEST_F(SupervisorTest, BeamThatDoesNotEndIsWaitedForOnlySoLong) {
  may_leave_ = false;
  stop_.beams = milliseconds(30);
  start();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("terminate l1"));
  EXPECT_THAT(host_.events, Contains("terminate l2"));
  EXPECT_THAT(host_.events, Not(Contains("kill l1")));
}

TEST_F(SupervisorTest, HurryDoesNotWaitForBeams) {
  may_leave_ = false;
  start();
  supervisor_->stop();
  run_until([this] { return asked_ == 2; });
  supervisor_->hurry();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("terminate l1"));
  EXPECT_THAT(host_.events, Not(Contains("kill l1")));
}

TEST_F(SupervisorTest, ListenerThatCannotBeAskedIsTerminated) {
  answers_ = false;
  start();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("terminate l1"));
}

TEST_F(SupervisorTest, ListenerThatSomebodyHadLeaveIsNotStartedUntilItIsResumed) {
  start();
  unwanted_.insert("l1");
  host_.end("l1", {});
  for (int i = 0; i < 20; ++i) io_.run_one_for(milliseconds(2));
  EXPECT_EQ(host_.starts("l1"), 1);
  EXPECT_TRUE(host_.runs("l2"));
  unwanted_.clear();
  run_until([this] { return host_.runs("l1"); });
}

TEST_F(SupervisorTest, SuccessorOfEachListenerIsStartedAndIsTheChildFromThenOn) {
  start();
  supervisor_->replace_listeners();
  EXPECT_TRUE(host_.runs("new l1"));
  EXPECT_TRUE(host_.runs("new l2"));
  EXPECT_FALSE(host_.runs("new f"));
  host_.end("l1", {});
  host_.end("l2", {});
  for (int i = 0; i < 20; ++i) io_.run_one_for(milliseconds(2));
  EXPECT_EQ(host_.starts("l1"), 1);  // its work goes on
  host_.end("new l1", {.signal = 11});
  run_until([this] { return host_.runs("l1"); });
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("end new l2"));
}

TEST_F(SupervisorTest, SuccessorThatFailsChangesNothing) {
  start();
  supervisor_->replace_listeners();
  host_.end("new l1", {.exit_code = 1});
  io_.poll();
  EXPECT_TRUE(host_.runs("l1"));
  supervisor_->replace_listeners();  // another attempt
  EXPECT_EQ(host_.starts("new l1"), 2);
  EXPECT_EQ(host_.starts("new l2"), 1);
}

TEST_F(SupervisorTest, OneThatIsToBeReplacedWhileItTakesOverIsReplacedOnceItHas) {
  start();
  supervisor_->replace_listeners();
  supervisor_->replace_listeners();
  supervisor_->replace_listeners();  // as good as one
  EXPECT_EQ(host_.starts("new l1"), 1);
  host_.end("l1", {});  // it has handed over
  run_until([this] { return host_.starts("new l1") == 2; });
  EXPECT_EQ(host_.starts("new l2"), 1) << "that one still takes over";
  host_.end("new l1", {});  // the first of the two
  for (int i = 0; i < 20; ++i) io_.run_one_for(milliseconds(2));
  EXPECT_EQ(host_.starts("new l1"), 2);
  EXPECT_TRUE(host_.runs("new l1"));
}

TEST_F(SupervisorTest, OneThatIsAdoptedAndTakenOverWhenAskedForIsReplacedOnceMore) {
  elsewhere_["l1"] = 77;
  start();
  supervisor_->replace_listeners();
  ASSERT_EQ(host_.starts("new l1"), 1);
  supervisor_->replace_listeners();
  elsewhere_["l1"] = host_.process("new l1");
  run_until([this] { return host_.starts("new l1") == 2; });
  elsewhere_.clear();
}

TEST_F(SupervisorTest, AdoptedListenerHasASuccessorToo) {
  elsewhere_["l1"] = 77;
  start();
  supervisor_->replace_listeners();
  ASSERT_TRUE(host_.runs("new l1"));
  elsewhere_["l1"] = host_.process("new l1");
  for (int i = 0; i < 20; ++i) io_.run_one_for(milliseconds(2));
  host_.events.clear();
  supervisor_->stop();
  elsewhere_.clear();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events, Contains("end new l1"));
  EXPECT_THAT(host_.events, Not(Contains("kill new l1")));
  EXPECT_THAT(host_.events, Not(Contains("terminate 77")));
}

TEST_F(SupervisorTest, StopDuringAWaitForARestartStartsNothing) {
  restart_.first = restart_.most = std::chrono::hours(1);
  start();
  host_.end("l1", {});
  io_.poll();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_EQ(host_.starts("l1"), 1);
}

TEST_F(SupervisorTest, ListenerThatRunsAlreadyIsLeftRunning) {
  elsewhere_["l1"] = 77;
  start();
  EXPECT_EQ(host_.starts("l1"), 0);
  EXPECT_EQ(host_.starts("l2"), 1);
  EXPECT_THAT(host_.events, Not(Contains("terminate 77")));
}

TEST_F(SupervisorTest, AdoptedListenerThatEndsIsReplaced) {
  elsewhere_["l1"] = 77;
  start();
  elsewhere_.clear();
  run_until([this] { return host_.runs("l1"); });
}

TEST_F(SupervisorTest, AdoptedListenerIsStoppedWithTheOthers) {
  answers_ = false;
  elsewhere_["l1"] = 77;
  host_.on_signal = [this](ProcessId process) {
    if (process == 77) elsewhere_.clear();
  };
  start();
  host_.events.clear();
  supervisor_->stop();
  run_until([this] { return !running_; });
  EXPECT_THAT(host_.events,
              ElementsAre("terminate 77", "terminate l2", "end l2", "terminate f", "end f"));
}

TEST_F(SupervisorTest, AnAdoptedForwarderIsNotStartedAnewWhileTheSiteStops) {
  elsewhere_["f"] = 77;
  bool tells = false;
  may_leave_ = false;
  would_cut_off_ = [&]() -> std::optional<std::uint64_t> {
    if (!tells) return std::nullopt;
    return 0;
  };
  start();
  supervisor_->stop();
  tells = true;
  for (int i = 0; i < 20; ++i) io_.run_one_for(milliseconds(2));
  EXPECT_THAT(host_.events, Not(Contains("terminate 77")));
  host_.on_signal = [this](ProcessId) { elsewhere_.clear(); };
  may_leave_ = true;
  run_until([this] { return !running_; });
  EXPECT_EQ(host_.starts("f"), 0);
}

}  // namespace
}  // namespace icom::supervise::testing
