// A supervisor whose site's settings change while it runs.
#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/supervise/supervised_site.hpp"

namespace icom::supervise::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ChangedSite : public SupervisedSite {
 protected:
  ChangedSite() { marks_ = true; }

  ChildPlan at(const std::string& name, const std::string& address) {
    ChildPlan changed = plan(name);
    changed.connected_to = address;
    changed.peer = [this, name]() -> std::optional<std::string> {
      return peers_.contains(name) ? std::optional(peers_.at(name)) : std::nullopt;
    };
    changed.command.arguments = {"--linac", address};
    return changed;
  }
  ChildPlan with_room(const std::string& name, const std::string& bytes) {
    ChildPlan changed = plan(name);
    changed.command.arguments = {"--max-bytes", bytes};
    return changed;
  }
  void apply(std::vector<ChildPlan> plans) {
    supervisor_->apply(std::move(plans));
    io_.restart();
    io_.poll();
  }
  bool waits_for_a_name(const std::string& name) {
    const auto waiting = supervisor_->waiting();
    const auto found = waiting.find(name);
    return found != waiting.end() && found->second == "its address is being looked up";
  }
  void run_a_while() {
    for (int i = 0; i < 20; ++i) io_.run_one_for(milliseconds(2));
  }
  void end() {
    supervisor_->stop();
    run_until([this] { return !running_; });
    supervisor_.reset();
    unwanted_.clear();
  }

  std::map<std::string, std::string> peers_;  ///< what listeners tell to be connected to
};

TEST_F(ChangedSite, TheSameSettingsTouchNothing) {
  start();
  host_.events.clear();
  apply({plan("l2"), plan("l1")});
  run_a_while();
  EXPECT_THAT(host_.events, IsEmpty());
}

TEST_F(ChangedSite, ANewLinacGetsAListenerAndNoOtherIsTouched) {
  start();
  host_.events.clear();
  apply({plan("l1"), plan("l2"), plan("l3")});
  EXPECT_THAT(host_.events, ElementsAre("start l3"));
  host_.end("l3", {.exit_code = 1});
  run_until([this] { return host_.runs("l3"); });  // and is looked after like the others
}

TEST_F(ChangedSite, ARemovedLinacsListenerLeavesAndNoOtherIsTouched) {
  start();
  host_.events.clear();
  apply({plan("l2")});
  run_until([this] { return !host_.runs("l1"); });
  run_a_while();
  EXPECT_THAT(host_.events, ElementsAre("end l1"));
}

TEST_F(ChangedSite, ARemovedLinacsListenerWaitsForTheEndOfTheBeam) {
  may_leave_ = false;
  start();
  host_.events.clear();
  apply({plan("l2")});
  run_until([this] { return asked_ == 1; });
  apply({plan("l2")});
  run_a_while();
  EXPECT_THAT(host_.events, IsEmpty());
  EXPECT_EQ(asked_, 1);
  may_leave_ = true;
  run_until([this] { return !host_.runs("l1"); });
}

TEST_F(ChangedSite, ALinacThatIsAddedAgainWhileItsListenerLeavesIsListenedToAgain) {
  may_leave_ = false;
  start();
  apply({plan("l2")});
  run_until([this] { return asked_ == 1; });
  apply({plan("l1"), plan("l2")});
  run_a_while();
  EXPECT_EQ(host_.starts("l1"), 1);  // two listeners at a Linac would be one too many
  may_leave_ = true;
  run_until([this] { return host_.starts("l1") == 2; });
  run_a_while();
  EXPECT_TRUE(host_.runs("l1"));
  EXPECT_EQ(host_.starts("l2"), 1);
}

TEST_F(ChangedSite, ALinacThatIsAddedAgainLaterIsListenedToAgain) {
  start();
  apply({plan("l2")});
  run_until([this] { return !host_.runs("l1"); });
  run_a_while();
  EXPECT_TRUE(unwanted_.contains("l1"));
  apply({plan("l1"), plan("l2")});
  run_until([this] { return host_.runs("l1"); });
  EXPECT_FALSE(unwanted_.contains("l1"));
}

TEST_F(ChangedSite, AnotherAddressIsConnectedToOnceTheListenerHasLeftTheOldOne) {
  may_leave_ = false;
  start();
  host_.events.clear();
  apply({at("l1", "192.168.17.9"), plan("l2")});
  run_until([this] { return asked_ == 1; });
  run_a_while();
  EXPECT_THAT(host_.events, IsEmpty());
  may_leave_ = true;
  run_until([this] { return host_.starts("l1") == 1; });
  run_a_while();
  EXPECT_THAT(host_.events, ElementsAre("end l1", "start l1"));
  apply({at("l1", "192.168.17.9"), plan("l2")});
  run_a_while();
  EXPECT_THAT(host_.events, ElementsAre("end l1", "start l1"));
}

TEST_F(ChangedSite, OfSeveralAddressesInARowTheLastCounts) {
  may_leave_ = false;
  start();
  apply({at("l1", "192.168.17.8"), plan("l2")});
  apply({at("l1", "192.168.17.9"), plan("l2")});
  may_leave_ = true;
  run_until([this] { return host_.starts("l1") == 2; });
  // What runs is connected to that one now: there is nothing to change.
  apply({at("l1", "192.168.17.9"), plan("l2")});
  run_a_while();
  EXPECT_EQ(host_.starts("l1"), 2);
}

TEST_F(ChangedSite, ALinacThatWasDrainedStaysSoAtAnotherAddress) {
  start();
  unwanted_.insert("l1");
  host_.end("l1", {});
  run_a_while();
  apply({at("l1", "192.168.17.9"), plan("l2")});
  run_a_while();
  EXPECT_FALSE(host_.runs("l1"));
  unwanted_.clear();  // somebody resumes it
  run_until([this] { return host_.runs("l1"); });
}

TEST_F(ChangedSite, OtherOptionsAreTakenOverBySuccessorWithoutALeave) {
  start();
  host_.events.clear();
  const ChildPlan more_room = with_room("l1", "1");
  apply({more_room, plan("l2")});
  EXPECT_THAT(host_.events, ElementsAre("start new l1"));
  EXPECT_EQ(asked_, 0);
  host_.end("l1", {});
  run_a_while();
  apply({more_room, plan("l2")});
  run_a_while();
  EXPECT_THAT(host_.events, ElementsAre("start new l1", "end l1"));
}

TEST_F(ChangedSite, OtherOptionsWhoseSuccessorFailsAreTriedAgain) {
  start();
  apply({with_room("l1", "1"), plan("l2")});
  host_.end("new l1", {.exit_code = 1});
  run_until([this] { return host_.starts("new l1") == 2; });
  EXPECT_TRUE(host_.runs("l1"));
  host_.end("l1", {});  // it has handed over
  run_a_while();
  EXPECT_EQ(host_.starts("new l1"), 2);
  EXPECT_EQ(host_.starts("l1"), 1);
  EXPECT_EQ(asked_, 0);
}

TEST_F(ChangedSite, OtherOptionsWhoseSuccessorCannotBeStartedAreTriedAgain) {
  start();
  host_.missing.insert("new l1");
  apply({with_room("l1", "1"), plan("l2")});
  run_a_while();
  host_.missing.clear();
  run_until([this] { return host_.runs("new l1"); });
  EXPECT_TRUE(host_.runs("l1"));
}

TEST_F(ChangedSite, OtherOptionsDuringATakeOverAreTakenOverAfterIt) {
  start();
  supervisor_->replace_listeners();
  apply({with_room("l1", "1"), plan("l2")});
  run_a_while();
  EXPECT_EQ(host_.starts("new l1"), 1);
  host_.end("l1", {});  // it has handed over to one with the options of before
  run_until([this] { return host_.starts("new l1") == 2; });
  EXPECT_EQ(host_.starts("new l2"), 1);
}

TEST_F(ChangedSite, OptionsThatAreChangedBackDuringATakeOverAreTakenOverAfterIt) {
  start();
  apply({with_room("l1", "1"), plan("l2")});
  apply({plan("l1"), plan("l2")});
  EXPECT_EQ(host_.starts("new l1"), 1);
  host_.end("l1", {});
  run_until([this] { return host_.starts("new l1") == 2; });
}

TEST_F(ChangedSite, OptionsThatAreChangedBackAfterAFailureNeedNoSuccessor) {
  restart_.most = std::chrono::seconds(60);
  start();
  apply({with_room("l1", "1"), plan("l2")});
  host_.end("new l1", {.exit_code = 1});
  run_a_while();
  apply({plan("l1"), plan("l2")});
  run_a_while();
  EXPECT_EQ(host_.starts("new l1"), 1);
  EXPECT_TRUE(host_.runs("l1"));
}

TEST_F(ChangedSite, OtherOptionsOfAnAdoptedListenerAreTriedAgain) {
  elsewhere_["l1"] = 77;
  start();
  apply({with_room("l1", "1"), plan("l2")});
  host_.end("new l1", {.exit_code = 1});
  run_until([this] { return host_.starts("new l1") == 2; });
}

TEST_F(ChangedSite, AListenerWithOtherOptionsThatIsDownIsStartedWithThem) {
  restart_.first = restart_.most = std::chrono::milliseconds(50);
  start();
  host_.end("l1", {.exit_code = 1});
  io_.poll();
  ChildPlan more_room = plan("l1");
  more_room.command.program = "l1b";
  apply({more_room, plan("l2")});
  run_until([this] { return host_.runs("l1b"); });
  EXPECT_EQ(host_.starts("l1"), 1);
}

TEST_F(ChangedSite, ALinacWithACorrectedSerialIsConnectedToOnceTheListenerBeforeHasLeft) {
  in_a_beam_ = {"l1"};
  start();
  host_.events.clear();
  apply({at("l3", "192.168.17.1"), plan("l2")});
  run_until([this] { return asked_ == 1; });
  run_a_while();
  EXPECT_THAT(host_.events, IsEmpty());
  apply({at("l3", "192.168.17.1"), plan("l2")});  // the same again changes nothing of that
  run_a_while();
  EXPECT_THAT(host_.events, IsEmpty());
  in_a_beam_.clear();
  run_until([this] { return host_.runs("l3"); });
  EXPECT_THAT(host_.events, ElementsAre("end l1", "start l3"));
}

TEST_F(ChangedSite, HoweverTheAddressIsWrittenThatTheListenerBeforeHasNotLeft) {
  names_.answer("linac.example", "192.168.17.1");
  for (const std::string spelling :
       {"192.168.17.1:1706", "[::ffff:192.168.17.1]:1706", "linac.example", "LINAC.example:1706"}) {
    names_.answer("LINAC.example", "192.168.17.1");
    in_a_beam_ = {"l1"};
    start();
    host_.events.clear();
    asked_ = 0;
    apply({at("l3", spelling), plan("l2")});
    run_until([this] { return asked_ == 1; });
    run_until([&] { return !waits_for_a_name("l3"); });
    run_a_while();
    EXPECT_THAT(host_.events, IsEmpty()) << spelling;
    EXPECT_THAT(supervisor_->waiting()["l3"], HasSubstr("the Linac of l1, and leaves once"));
    in_a_beam_.clear();
    run_until([this] { return host_.runs("l3"); });
    EXPECT_THAT(host_.events, ElementsAre("end l1", "start l3")) << spelling;
    EXPECT_THAT(supervisor_->waiting(), IsEmpty());
    end();
  }
}

TEST_F(ChangedSite, WhatAListenerTellsToBeConnectedToCountsWhateverItsNameStandsForByNow) {
  in_a_beam_ = {"l1"};
  names_.answer("linac.example", "192.168.17.8");
  peers_["l1"] = "192.168.17.9:1706";
  start();
  apply({at("l1", "linac.example"), plan("l2")});
  in_a_beam_.clear();
  run_until([this] { return host_.starts("l1") == 2; });
  in_a_beam_ = {"l1"};
  apply({at("l3", "192.168.17.9"), at("l4", "192.168.17.8"), at("l5", "192.168.17.7"), plan("l2")});
  run_until([this] { return host_.runs("l5"); });
  run_a_while();
  EXPECT_FALSE(host_.runs("l3")) << "it is connected there";
  EXPECT_FALSE(host_.runs("l4")) << "it would be, next";
  in_a_beam_.clear();
  run_until([this] { return host_.runs("l3") && host_.runs("l4"); });
}

TEST_F(ChangedSite, WhereNoNameServerAnswersOneWaitsForThoseThatLeaveAndNoOther) {
  names_.answer("gone.example", boost::asio::error::host_not_found);
  in_a_beam_ = {"l1"};
  start();
  apply({at("l3", "gone.example"), plan("l2")});
  run_until([&] { return asked_ == 1 && !waits_for_a_name("l3"); });
  run_a_while();
  EXPECT_FALSE(host_.runs("l3"));
  EXPECT_THAT(supervisor_->waiting()["l3"], HasSubstr("cannot be told"));
  in_a_beam_.clear();
  run_until([this] { return host_.runs("l3"); });
  EXPECT_TRUE(host_.runs("l2"));
}

TEST_F(ChangedSite, OneAtAnotherPortWaitsForNoName) {
  in_a_beam_ = {"l1"};
  start();
  apply({at("l3", "linac.example:1707"), plan("l2")});
  EXPECT_TRUE(host_.runs("l3"));
  EXPECT_EQ(names_.asked("linac.example"), 0U);
}

TEST_F(ChangedSite, OfTwoThatAreOneLinacTheSecondIsNotStartedUntilItsNameIsAnothers) {
  names_.answer("one.example", "192.168.17.4");
  names_.answer("other.example", "192.168.17.4");
  supervisor_ = std::make_unique<Supervisor>(
      io_.get_executor(), host_,
      std::vector<ChildPlan>{at("l1", "one.example"), at("l2", "other.example"), plan("l3")},
      plan("f"), [this] { return drained_; }, restart_, stop_);
  run();
  run_until([&] { return !waits_for_a_name("l2"); });
  run_a_while();
  EXPECT_THAT(host_.events, Contains("start l1"));
  EXPECT_THAT(host_.events, Contains("start l3"));
  EXPECT_THAT(host_.events, Not(Contains("start l2")));
  EXPECT_EQ(supervisor_->waiting()["l2"],
            "other.example, which is one.example, is the Linac of l1");
  apply({at("l1", "one.example"), at("l2", "192.168.17.5"), plan("l3")});
  run_until([this] { return host_.runs("l2"); });
}

TEST_F(ChangedSite, WhatRunsIsLookedAfterThoughItsNameIsNotAnswered) {
  elsewhere_["l1"] = 77;
  elsewhere_["l2"] = 78;
  supervisor_ = std::make_unique<Supervisor>(
      io_.get_executor(), host_,
      std::vector<ChildPlan>{at("l1", "silent.example"), at("l2", "192.168.17.5")}, plan("f"),
      [this] { return drained_; }, restart_, stop_);
  supervisor_->apply({at("l1", "silent.example"), at("l2", "192.168.17.5")});
  run();
  run_a_while();
  EXPECT_THAT(supervisor_->waiting(), IsEmpty());
  EXPECT_THAT(host_.events, ElementsAre("start f"));
}

TEST_F(ChangedSite, OfTwoThatExchangeTheirAddressesNoneIsStartedBeforeTheOtherHasLeft) {
  in_a_beam_ = {"l2"};
  start();
  host_.events.clear();
  apply({at("l1", "192.168.17.2"), at("l2", "192.168.17.1")});
  run_until([this] { return !host_.runs("l1"); });
  run_a_while();
  EXPECT_FALSE(host_.runs("l1"));  // l2 is still connected there
  in_a_beam_.clear();
  run_until([this] { return host_.runs("l1") && host_.starts("l2") == 1; });
  EXPECT_THAT(host_.events, ElementsAre("end l1", "end l2", "start l1", "start l2"));
}

TEST_F(ChangedSite, ThreeThatTakeEachOthersAddressesWaitForEachOther) {
  start();
  apply({plan("l1"), plan("l2"), plan("l3")});
  run_until([this] { return host_.runs("l3"); });
  in_a_beam_ = {"l1", "l3"};
  apply({at("l1", "192.168.17.2"), at("l2", "192.168.17.3"), at("l3", "192.168.17.1")});
  run_until([this] { return !host_.runs("l2"); });
  in_a_beam_ = {"l1"};
  run_until([this] { return !host_.runs("l3"); });
  run_until([this] { return host_.runs("l2"); });  // l3 has left its address
  run_a_while();
  EXPECT_FALSE(host_.runs("l3"));
  in_a_beam_.clear();
  run_until([this] { return host_.starts("l1") == 2 && host_.runs("l3"); });
}

TEST_F(ChangedSite, OneThatWaitsForAnAddressAndIsTakenOutAgainIsNotStarted) {
  in_a_beam_ = {"l1"};
  start();
  apply({at("l3", "192.168.17.1"), plan("l2")});
  run_until([this] { return asked_ == 1; });
  apply({plan("l2")});
  in_a_beam_.clear();
  run_until([this] { return !host_.runs("l1"); });
  run_a_while();
  EXPECT_EQ(host_.starts("l3"), 0);
}

TEST_F(ChangedSite, ALinacThatWasDrainedStaysSoWhileItWaitsForAnAddress) {
  in_a_beam_ = {"l2"};
  start();
  unwanted_.insert("l1");
  host_.end("l1", {});
  run_a_while();
  for (int i = 0; i < 2; ++i) {  // the second time it waits already
    apply({at("l1", "192.168.17.2")});
    run_a_while();
  }
  in_a_beam_.clear();
  run_until([this] { return !host_.runs("l2"); });
  run_a_while();
  EXPECT_FALSE(host_.runs("l1"));
  EXPECT_TRUE(unwanted_.contains("l1"));
}

TEST_F(ChangedSite, AListenerThatCannotBeAskedYetIsAskedAgainAndNotTerminated) {
  restart_.ask_for = std::chrono::seconds(60);
  deaf_ = 3;  // as one is that has just been started, or hands its connection over
  start();
  apply({plan("l2")});
  run_until([this] { return !host_.runs("l1"); });
  EXPECT_EQ(asked_, 4);
  EXPECT_THAT(host_.events, Not(Contains("terminate l1")));
}

TEST_F(ChangedSite, OneThatTakesOverWhileItsListenerIsToLeaveIsAskedInItsPlace) {
  restart_.ask_for = std::chrono::seconds(60);
  in_a_beam_ = {"new l1"};
  start();
  supervisor_->replace_listeners();
  deaf_ = 3;
  apply({plan("l2")});
  run_until([this] { return asked_ == 1; });
  host_.end("l1", {});  // it has handed over
  run_until([this] { return asked_ == 4; });
  run_a_while();
  EXPECT_TRUE(host_.runs("new l1"));
  EXPECT_THAT(host_.events, Not(Contains("terminate new l1")));
  in_a_beam_.clear();
  run_until([this] { return !host_.runs("new l1"); });
  EXPECT_THAT(host_.events, Not(Contains("terminate new l1")));
}

TEST_F(ChangedSite, AListenerThatIsNeverToBeAskedIsTerminated) {
  deaf_ = 1'000'000;
  start();
  apply({plan("l2")});
  run_until([this] { return !host_.runs("l1"); });
  EXPECT_THAT(host_.events, Contains("terminate l1"));
  EXPECT_TRUE(host_.runs("l2"));
}

TEST_F(ChangedSite, AListenerThatCannotBeAskedAndEndsIsNotAskedOnAndOn) {
  restart_.ask_for = std::chrono::seconds(60);
  deaf_ = 1'000'000;
  start();
  apply({plan("l2")});
  run_until([this] { return asked_ >= 2; });
  host_.end("l1", {.signal = 9});
  run_a_while();
  const int asked = asked_;
  run_a_while();
  EXPECT_EQ(asked_, asked);
  EXPECT_EQ(host_.starts("l1"), 1);
}

TEST_F(ChangedSite, AStopStartsNoneThatWaitsForAnAddress) {
  may_leave_ = false;
  start();
  apply({at("l3", "192.168.17.1"), plan("l2")});
  run_until([this] { return asked_ == 1; });
  supervisor_->stop();
  may_leave_ = true;
  run_until([this] { return !running_; });
  EXPECT_EQ(host_.starts("l3"), 0);
}

TEST_F(ChangedSite, AStopEndsNewOnesAndThoseThatAreLeaving) {
  may_leave_ = false;
  stop_.beams = milliseconds(30);
  start();
  apply({at("l2", "192.168.17.9"), plan("l3")});  // l1 leaves, l2 leaves for another address
  supervisor_->stop();
  run_until([this] { return !running_; });
  for (const char* const name : {"l1", "l2", "l3", "f"}) EXPECT_FALSE(host_.runs(name)) << name;
  EXPECT_EQ(host_.starts("l2"), 1);
  EXPECT_THAT(host_.events, Not(Contains("kill l1")));
}

TEST_F(ChangedSite, NothingIsAppliedOnceItStops) {
  may_leave_ = false;
  start();
  supervisor_->stop();
  apply({plan("l1"), plan("l2"), plan("l3")});
  EXPECT_EQ(host_.starts("l3"), 0);
  may_leave_ = true;
  run_until([this] { return !running_; });
}

TEST_F(ChangedSite, AnAdoptedListenerOfARemovedLinacIsAskedToLeave) {
  elsewhere_["l1"] = 77;
  start();
  apply({plan("l2")});
  EXPECT_EQ(asked_, 1);
  elsewhere_.clear();
  run_a_while();
  EXPECT_EQ(host_.starts("l1"), 0);
}

TEST_F(ChangedSite, AListenerThatWasLeftAtAnotherAddressIsMovedByTheNextSupervisor) {
  elsewhere_["l1"] = 77;
  in_a_beam_ = {"new l1"};
  make();
  supervisor_->apply({at("l1", "192.168.17.9"), plan("l2")});  // before it runs
  run();
  run_until([this] { return asked_ == 1; });
  run_a_while();
  EXPECT_EQ(host_.starts("l1"), 0);
  EXPECT_THAT(host_.events, Not(Contains("terminate 77")));  // it has a beam on
  in_a_beam_.clear();
  elsewhere_.clear();
  run_until([this] { return host_.runs("l1"); });
  EXPECT_EQ(asked_, 1);
}

TEST_F(ChangedSite, AListenerThatWasLeftAndCannotBeAskedIsTerminatedByTheNextSupervisor) {
  elsewhere_["l1"] = 77;
  answers_ = false;
  host_.on_signal = [this](ProcessId process) {
    if (process == 77) elsewhere_.clear();
  };
  make();
  supervisor_->apply({plan("l2")});
  run();
  run_until([this] { return elsewhere_.empty(); });
  run_a_while();
  EXPECT_EQ(host_.starts("l1"), 0);
}

TEST_F(ChangedSite, ASiteMayLoseAllItsLinacsAndGetThemBack) {
  start();
  apply({});
  run_until([this] { return !host_.runs("l1") && !host_.runs("l2"); });
  EXPECT_TRUE(host_.runs("f"));
  apply({plan("l1"), plan("l2")});
  run_until([this] { return host_.runs("l1") && host_.runs("l2"); });
}

}  // namespace
}  // namespace icom::supervise::testing
