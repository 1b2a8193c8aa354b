#include "agent/forward/forwarder.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/forward/forward_site.hpp"

namespace icom::forward::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

using ForwarderTest = ForwardSite;

TEST_F(ForwarderTest, HelloNamesSiteTokenAndEveryLinacWithItsRuns) {
  add_linac("4299");
  add_linac("9183");  // its listener has never run
  start_listener("4299");
  start_listener("4299");
  start();
  run_until([this] { return gateway_.sessions == 1; }, "welcome");
  ASSERT_EQ(gateway_.hellos.size(), 1U);
  const auto& hello = gateway_.hellos[0];
  EXPECT_EQ(hello.protocol(), link::kLinkProtocol);
  EXPECT_EQ(hello.site(), "nbcc");
  EXPECT_TRUE(hello.token().empty());
  ASSERT_EQ(hello.spools_size(), 2);
  EXPECT_EQ(hello.spools(0).serial(), "4299");
  EXPECT_EQ(hello.spools(1).serial(), "9183");
  EXPECT_EQ(hello.spools(1).runs_size(), 0);
  EXPECT_NE(hello.spools(0).linac(), hello.spools(1).linac());
}

TEST_F(ForwarderTest, BacklogAndLiveFramesArriveInOrderOnce) {
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 1000, 8000);
  start();
  run_until([this] { return arrived("4299") > 0; }, "the first entries");
  write_many("4299", 10);
  run_until_all_arrived();
}

TEST_F(ForwarderTest, OneFrameAloneIsSentAtOnce) {
  timings_.session.status = std::chrono::hours(1);  // nothing else would wake the session
  add_linac("4299");
  start_listener("4299");
  start();
  run_until([this] { return gateway_.sessions == 1; }, "welcome");
  for (int i = 1; i <= 5; ++i) {
    write("4299", "frame " + std::to_string(i));
    run_until_all_arrived();
    EXPECT_EQ(gateway_.batches.size(), static_cast<std::size_t>(i));
  }
}

TEST_F(ForwarderTest, SpoolThatAppearsDuringASessionIsPickedUp) {
  add_linac("4299");
  start();
  run_until([this] { return gateway_.sessions == 1; }, "welcome");
  start_listener("4299");
  write_many("4299", 3);
  run_until_all_arrived();
  EXPECT_EQ(gateway_.sessions, 1);
}

TEST_F(ForwarderTest, NewRunGoesOnWithoutAReconnect) {
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 3);
  start();
  run_until_all_arrived();
  start_listener("4299");
  write_many("4299", 3);
  run_until_all_arrived();
  EXPECT_EQ(gateway_.sessions, 1);
  EXPECT_NE(gateway_.stored["4299"][2].run, gateway_.stored["4299"][3].run);
  EXPECT_EQ(gateway_.stored["4299"][3].seq, 1U);
}

TEST_F(ForwarderTest, LiveFrameOvertakesAnothersBacklog) {
  gateway_.conduct.acknowledge = false;  // the backlog fills the window, and stays
  gateway_.conduct.max_unacknowledged_bytes = 1U << 20U;
  add_linac("4299");
  add_linac("9183");
  start_listener("4299");
  start_listener("9183");
  write_many("4299", 2000, 8000);
  start();
  run_until([this] { return gateway_.unacknowledged_bytes > 500'000; }, "the window is filled");
  write("9183", "live");
  run_until([this] { return arrived("9183") == 1; }, "the live frame overtakes");
  EXPECT_LT(arrived("4299"), 200U);
}

TEST_F(ForwarderTest, BacklogsTakeTurns) {
  for (const auto* serial : {"1", "2", "3"}) {
    add_linac(serial);
    start_listener(serial);
    write_many(serial, 100, 1000);
  }
  start();
  run_until_all_arrived();
  ASSERT_FALSE(gateway_.batches.empty());
  const auto& first = gateway_.batches[0];
  for (const auto* serial : {"1", "2", "3"}) {
    EXPECT_GE(std::count(first.begin(), first.end(), serial),
              static_cast<std::ptrdiff_t>(first.size() / 3));
  }
}

TEST_F(ForwarderTest, BytesWithoutAckStayWithinTheGatewaysBound) {
  gateway_.conduct.acknowledge = false;
  gateway_.conduct.max_unacknowledged_bytes = 100'000;
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 200, 8000);
  start();
  for (int round = 0; !all_arrived() && round < 1000; ++round) {
    const auto before = arrived("4299");
    run_until([&] { return arrived("4299") > before; }, "more entries");
    run_until([&] { return gateway_.unacknowledged_bytes > 80'000 || all_arrived(); },
              "the window is filled");
    gateway_.acknowledge_all();
  }
  run_until_all_arrived();
  EXPECT_LE(gateway_.most_unacknowledged_bytes, 100'000U);
}

TEST_F(ForwarderTest, AcknowledgedSegmentsAreRemoved) {
  gateway_.conduct.acknowledge = false;
  add_linac("4299");
  start_listener("4299", {.segment_bytes = 10'000});
  write_many("4299", 100, 1000);
  const auto before = segments("4299");
  ASSERT_GT(before, 5U);
  start();
  run_until_all_arrived();
  EXPECT_EQ(segments("4299"), before) << "nothing is removed without an ack";
  gateway_.acknowledge_all();
  run_until([this] { return segments("4299") == 1; }, "the spool is trimmed");
}

TEST_F(ForwarderTest, WhatWasStoredBeforeIsNotSentAgainAndIsTrimmed) {
  gateway_.conduct.acknowledge = false;
  add_linac("4299");
  start_listener("4299", {.segment_bytes = 10'000});
  write_many("4299", 100, 1000);
  start();
  run_until_all_arrived();
  stop();
  gateway_.conduct.acknowledge = true;
  start();
  run_until([this] { return segments("4299") == 1; }, "the spool is trimmed by Welcome alone");
  write_many("4299", 1);
  run_until_all_arrived();
}

/// A gateway that names positions which this spool does not confirm.
struct Claim {
  const char* name;
  std::uint64_t seq;
  std::uint64_t fingerprint;
};
constexpr std::uint64_t kFar = std::uint64_t{1} << 62U;

class UnconfirmedPositions : public ForwardSite, public ::testing::WithParamInterface<Claim> {};

TEST_P(UnconfirmedPositions, ReleaseNothingAndEverythingIsSentByAnotherRun) {
  link::Position claim;
  claim.set_seq(GetParam().seq);
  claim.set_fingerprint(GetParam().fingerprint);
  gateway_.conduct.acknowledge = false;
  add_linac("4299");
  start_listener("4299", {.segment_bytes = 10'000});
  write_many("4299", 100, 1000);
  const auto before = segments("4299");
  const std::uint64_t run = linacs_.front().announce().runs(0);
  claim.set_run(run);
  gateway_.conduct.claims[run] = claim;
  start();
  run_until_all_arrived();
  EXPECT_EQ(segments("4299"), before);
  EXPECT_NE(gateway_.stored["4299"].front().run, run);
  // Nor does an acknowledgement that names the run. The next session would learn what is stored of
  // the other one, and then rightly remove it.
  gateway_.conduct.refused_linacs["4299"] = "not now";
  gateway_.send_ack(1, run, GetParam().seq);
  run_until([this] { return published_.last_error.has_value(); }, "the session ends");
  EXPECT_EQ(published_.last_error->kind, "protocol");
  EXPECT_EQ(segments("4299"), before);
  run_until([this] { return gateway_.sessions == 2; }, "the next one begins");
  gateway_.change_registration("4299", true, "");
  run_until([this] { return segments("4299") == 1; }, "what is stored by the other run is removed");
  write_many("4299", 3);
  run_until_all_arrived();
}

TEST_P(UnconfirmedPositions, ARestartedForwarderGoesOnWhereItWas) {
  link::Position claim;
  claim.set_seq(GetParam().seq);
  claim.set_fingerprint(GetParam().fingerprint);
  add_linac("4299");
  start_listener("4299", {.segment_bytes = 10'000});
  write_many("4299", 100, 1000);
  const std::uint64_t run = linacs_.front().announce().runs(0);
  claim.set_run(run);
  gateway_.conduct.claims[run] = claim;
  start();
  run_until_all_arrived();
  run_until([this] { return status_of("4299").entries_acked == 100; }, "all is acknowledged");
  stop();
  gateway_.batches.clear();
  start();
  write_many("4299", 3);
  run_until_all_arrived();
}

INSTANTIATE_TEST_SUITE_P(Each, UnconfirmedPositions,
                         ::testing::Values(Claim{"BeyondTheSpool", 101, 0}, Claim{"Far", kFar, 0},
                                           Claim{"FarWithFingerprint", kFar, 17},
                                           Claim{"WithoutFingerprint", 50, 0},
                                           Claim{"OfAnotherEntry", 50, 17},
                                           Claim{"OfAnotherLastEntry", 100, 17}),
                         [](const auto& one) { return one.param.name; });

TEST_F(ForwarderTest, AGatewayThatWasRestoredFromABackupGetsWhatTheSpoolStillHas) {
  gateway_.conduct.acknowledge = false;
  add_linac("4299");
  start_listener("4299", {.segment_bytes = 10'000});
  write_many("4299", 100, 1000);
  start();
  run_until_all_arrived();
  stop();
  gateway_.stored["4299"].resize(40);
  start();
  run_until_all_arrived();
  EXPECT_EQ(gateway_.stored["4299"].front().run, gateway_.stored["4299"].back().run)
      << "what is stored is confirmed: sending goes on behind it";
}

TEST_F(ForwarderTest, TheSpoolOfARemovedLinacIsEmptyOnceAllIsStored) {
  gateway_.conduct.acknowledge = false;
  add_linac("4299");
  start_listener("4299", {.segment_bytes = 10'000});
  write_many("4299", 30, 1000);
  linacs_.front().set_registered(false);
  start();
  run_until_all_arrived();
  gateway_.acknowledge_all();
  run_until([this] { return segments("4299") == 1; }, "the spool is trimmed");
  run_until([this] { return status_of("4299").backlog_bytes == 0; }, "its status says so");
  EXPECT_EQ(segments("4299"), 1U) << "its listener may still write";
  stop_listener("4299");
  run_until([this] { return segments("4299") == 0; }, "the last segment goes, too");
  // It is added again: what its next listener writes is read from its beginning.
  start_listener("4299");
  write_many("4299", 3, 1000);
  run_until_all_arrived();
}

struct Break {
  int after;  ///< messages of a session: Hello, Status, then batches
  bool store_last;
};

class BrokenSessions : public ForwardSite, public ::testing::WithParamInterface<Break> {};

TEST_P(BrokenSessions, EverythingArrivesOnceAllTheSame) {
  gateway_.conduct.break_after = GetParam().after;
  gateway_.conduct.store_last = GetParam().store_last;
  gateway_.conduct.breaks = 10;
  for (const auto* serial : {"1", "2"}) {
    add_linac(serial);
    for (int run = 0; run < 2; ++run) {
      start_listener(serial, {.segment_bytes = 100'000});
      write_many(serial, 300, 1000);
    }
  }
  start();
  run_until_all_arrived();
  run_until([this] { return status_of("1").backlog_bytes == 0; }, "the last ack");
}

std::vector<Break> every_break() {
  std::vector<Break> all;
  for (int after = 1; after <= 8; ++after) {
    all.push_back({after, false});
    all.push_back({after, true});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(EveryMessage, BrokenSessions, ::testing::ValuesIn(every_break()),
                         [](const auto& one) {
                           return "After" + std::to_string(one.param.after) +
                                  (one.param.store_last ? "Stored" : "Lost");
                         });

TEST_F(ForwarderTest, RefusedLinacKeepsItsSpoolAndStopsNoOther) {
  gateway_.conduct.refused_linacs["9183"] = "not registered at this site";
  for (const auto* serial : {"4299", "9183"}) {
    add_linac(serial);
    start_listener(serial);
    write_many(serial, 5);
  }
  start();
  run_until([this] { return arrived("4299") == 5 && published_.connected; }, "the other's frames");
  EXPECT_EQ(arrived("9183"), 0U);
  EXPECT_FALSE(status_of("9183").accepted);
  EXPECT_EQ(status_of("9183").reason, "not registered at this site");
  EXPECT_GT(status_of("9183").backlog_bytes, 0U);
  EXPECT_GE(segments("9183"), 1U);
}

TEST_F(ForwarderTest, RefusedLinacIsSentOnceItsRegistrationChanges) {
  gateway_.conduct.refused_linacs["9183"] = "not registered at this site";
  add_linac("9183");
  start_listener("9183");
  write_many("9183", 5);
  start();
  run_until([this] { return gateway_.sessions == 1; }, "welcome");
  gateway_.change_registration("9183", true, "");
  run_until_all_arrived();
  EXPECT_EQ(gateway_.sessions, 1);
}

TEST_F(ForwarderTest, LinacThatIsRefusedLaterStops) {
  add_linac("9183");
  start_listener("9183");
  write_many("9183", 5);
  start();
  run_until_all_arrived();
  gateway_.change_registration("9183", false, "moved");
  run_until([this] { return status_of("9183").reason == "moved"; }, "the refusal is known");
  write_many("9183", 5);
  gateway_.change_registration("9183", true, "");
  run_until_all_arrived();
}

TEST_F(ForwarderTest, GatewayIsAskedAgainAboutARefusedLinac) {
  timings_.ask_again = milliseconds(10);
  gateway_.conduct.refused_linacs["9183"] = "not registered at this site";
  add_linac("9183");
  start_listener("9183");
  write_many("9183", 5);
  start();
  run_until([this] { return gateway_.sessions >= 3; }, "new sessions");
  EXPECT_EQ(gateway_.goodbyes, gateway_.sessions - 1) << "each ended properly";
  gateway_.conduct.refused_linacs.clear();
  run_until_all_arrived();
}

TEST_F(ForwarderTest, WrongTokenIsTriedAgainAndTold) {
  token_ = "not the token of the site";
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 5);
  start();
  run_until([this] { return gateway_.hellos.size() >= 3; }, "several attempts");
  run_until([this] { return published_.last_error.has_value(); }, "the error is told");
  EXPECT_EQ(published_.last_error->kind, "refused");
  EXPECT_THAT(published_.last_error->text, HasSubstr("token"));
  EXPECT_THAT(to_json(published_), Not(HasSubstr(token_)));
  EXPECT_EQ(gateway_.sessions, 0);
  token_ = gateway_.conduct.token;  // put right while the forwarder runs
  run_until_all_arrived();
}

TEST_F(ForwarderTest, GatewayThatNeverAnswersHelloIsGivenUp) {
  timings_.session.hello = milliseconds(10);
  gateway_.conduct.answer_hello = false;
  add_linac("4299");
  start();
  run_until([this] { return gateway_.hellos.size() >= 3; }, "several attempts");
  run_until([this] { return published_.last_error.has_value(); }, "the error is told");
  EXPECT_EQ(published_.last_error->kind, "gateway_away");
}

TEST_F(ForwarderTest, AckOfWhatWasNeverSentEndsTheSessionAndRemovesNothing) {
  gateway_.conduct.acknowledge = false;
  add_linac("4299");
  start_listener("4299", {.segment_bytes = 10'000});
  write_many("4299", 100, 1000);
  start();
  run_until_all_arrived();
  const auto before = segments("4299");
  // The next session would learn what is stored, and then rightly remove it.
  gateway_.conduct.refused_linacs["4299"] = "not now";
  gateway_.send_ack(1, gateway_.stored["4299"].back().run, 101);
  run_until([this] { return published_.last_error.has_value(); }, "the session ends");
  EXPECT_EQ(published_.last_error->kind, "protocol");
  EXPECT_EQ(segments("4299"), before);
}

TEST_F(ForwarderTest, AckForAnUnknownLinacEndsTheSession) {
  add_linac("4299");
  start();
  run_until([this] { return gateway_.sessions == 1; }, "welcome");
  gateway_.send_ack(77, 1, 1);
  run_until([this] { return published_.last_error.has_value(); }, "the session ends");
  EXPECT_EQ(published_.last_error->kind, "protocol");
}

TEST_F(ForwarderTest, StatusIsSentWhenItChangesOnly) {
  add_linac("4299");
  start_listener("4299");
  start();
  run_until([this] { return gateway_.statuses.size() == 1; }, "the first status");
  write_many("4299", 1);
  run_until([this] { return gateway_.statuses.size() == 2; }, "the changed status");
  EXPECT_EQ(gateway_.statuses[1].linacs(0).frames(), 1U);
  // A change that is told later shows that nothing was told in between.
  write_many("4299", 1);
  run_until([this] { return gateway_.statuses.back().linacs(0).frames() == 2U; }, "the next");
  EXPECT_EQ(gateway_.statuses.size(), 3U);
}

TEST_F(ForwarderTest, StopWaitsForWhatIsOnItsWayAndSaysGoodbye) {
  gateway_.conduct.acknowledge = false;
  timings_.session.drain = std::chrono::seconds(9);
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 5);
  start();
  run_until_all_arrived();
  forwarder_->stop();
  for (int i = 0; i < 100; ++i) io_.poll_one();
  EXPECT_TRUE(running_);
  gateway_.acknowledge_all();
  run_until([this] { return !running_; }, "the forwarder ends");
  EXPECT_EQ(gateway_.goodbyes, 1);
  EXPECT_EQ(published_.connected, false);
  EXPECT_EQ(status_of("4299").entries_acked, 5U);
}

TEST_F(ForwarderTest, StopWithoutAnAckEndsAfterTheDrainTime) {
  gateway_.conduct.acknowledge = false;
  timings_.session.drain = milliseconds(20);
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 5);
  start();
  run_until_all_arrived();
  stop();
  EXPECT_FALSE(running_);
  EXPECT_EQ(gateway_.goodbyes, 1);
}

TEST_F(ForwarderTest, StopEndsAWaitBetweenSessions) {
  timings_.backoff = {std::chrono::hours(1), std::chrono::hours(1)};
  token_ = "not the token of the site";
  add_linac("4299");
  start();
  run_until([this] { return published_.last_error.has_value(); }, "the refusal");
  stop();
  EXPECT_FALSE(running_);
}

TEST_F(ForwarderTest, AbortEndsASessionWhoseGatewayIsSilent) {
  timings_.session.hello = std::chrono::hours(1);
  gateway_.conduct.answer_hello = false;
  add_linac("4299");
  start();
  run_until([this] { return gateway_.hellos.size() == 1; }, "Hello");
  forwarder_->abort();
  run_until([this] { return !running_; }, "the forwarder ends");
}

TEST_F(ForwarderTest, AChangeOfTheLinacsIsMadeBetweenTwoSessionsAndLosesNothing) {
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 200, 8000);
  start();
  run_until([this] { return arrived("4299") > 0; }, "the first entries");
  forwarder_->change([this] { add_linac("9183"); });
  write_many("4299", 20);
  start_listener("9183");
  write_many("9183", 20);
  run_until_all_arrived();
  EXPECT_EQ(gateway_.sessions, 2);
  EXPECT_EQ(gateway_.goodbyes, 1);  // the first one was not broken off
  EXPECT_EQ(gateway_.hellos.back().spools_size(), 2);
}

TEST_F(ForwarderTest, AChangeIsMadeAtOnceDuringAPauseAfterAFailure) {
  timings_.backoff = {std::chrono::hours(1), std::chrono::hours(1)};
  token_ = "not that of the site";
  add_linac("4299");
  start_listener("4299");
  write_many("4299", 1);
  start();
  run_until([this] { return published_.last_error.has_value(); }, "the refusal");
  forwarder_->change([this] { token_ = gateway_.conduct.token; });
  run_until_all_arrived();
}

TEST_F(ForwarderTest, AChangeIsMadeAtOnceWhileTheGatewayDoesNotAnswer) {
  gateway_.conduct.answer_hello = false;
  add_linac("4299");
  start_listener("4299");
  start();
  run_until([this] { return !gateway_.hellos.empty(); }, "the first Hello");
  bool made = false;
  forwarder_->change([&] {
    made = true;
    gateway_.conduct.answer_hello = true;
  });
  gateway_.break_connections();
  run_until([&] { return made && gateway_.sessions == 1; }, "the next session");
}

TEST_F(ForwarderTest, ASiteWithoutLinacsHasASessionAndGetsItsFirstOne) {
  start();
  run_until([this] { return gateway_.sessions == 1; }, "welcome");
  forwarder_->change([this] { add_linac("4299"); });
  start_listener("4299");
  write_many("4299", 3);
  run_until_all_arrived();
}

}  // namespace
}  // namespace icom::forward::testing
