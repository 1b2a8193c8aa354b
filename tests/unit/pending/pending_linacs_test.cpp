#include "gateway/pending/pending_linacs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::pending {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::int64_t kNow = 1'800'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 24 * 3600 * kSecond;
/// The age at which one makes room.
constexpr std::int64_t kOld = std::chrono::microseconds(kMakesRoomAfter).count();
const std::filesystem::path kPendingFolder = "/registration/pending";
const std::string kAddress = "192.168.17.43:1706";

PendingLinac waiting(const std::string& serial, std::int64_t first, std::int64_t last) {
  return {"nbcc", serial, kAddress, first, last, false};
}

PendingState note_one(PendingLinacs& pending, const std::string& site, const std::string& serial,
                      const std::string& address, std::int64_t now_us) {
  return pending.note(site, {{serial, address}}, now_us).states.at(0);
}

class PendingLinacsTest : public ::testing::Test {
 protected:
  PendingState note(const std::string& site, const std::string& serial, const std::string& address,
                    std::int64_t now_us) {
    return note_one(pending_, site, serial, address, now_us);
  }
  /// As many as may wait, `0` seen at `since_us`, `1` a second later, and so on.
  void fill(std::int64_t since_us) {
    for (std::size_t i = 0; i < kMaxPendingPerSite; ++i) {
      const auto later = static_cast<std::int64_t>(i) * kSecond;
      ASSERT_EQ(note("nbcc", std::to_string(i), kAddress, since_us + later), PendingState::waits);
    }
  }
  [[nodiscard]] std::vector<std::string> serials() const {
    std::vector<std::string> serials;
    for (const PendingLinac& linac : pending_.list()) serials.push_back(linac.serial);
    return serials;
  }

  os::FaultingFileSystem files_;
  PendingLinacs pending_{files_, kPendingFolder};
};

TEST_F(PendingLinacsTest, NobodyWaitsAtFirst) {
  EXPECT_THAT(pending_.list(), IsEmpty());
  EXPECT_FALSE(pending_.reject("nbcc", "0815"));
  pending_.forget("nbcc", "0815");
  EXPECT_THAT(files_.all_files(), IsEmpty()) << "asking makes nothing";
}

TEST_F(PendingLinacsTest, ALinacThatWasNotedIsListedAlsoAfterARestart) {
  EXPECT_EQ(note("nbcc", "0815", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(note("sash", "9002", "[fd00::1]:1706", kNow), PendingState::waits);
  files_.cut_power();
  EXPECT_THAT(PendingLinacs(files_, kPendingFolder).list(),
              ElementsAre(waiting("0815", kNow, kNow),
                          PendingLinac{"sash", "9002", "[fd00::1]:1706", kNow, kNow, false}));
}

TEST_F(PendingLinacsTest, ItsLastComingAndItsNewAddressAreNoted) {
  note("nbcc", "0815", "192.168.17.44:1706", kNow);
  note("nbcc", "0815", kAddress, kNow + kSecond);
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0815", kNow, kNow + kSecond)));
  note("nbcc", "0815", kAddress, kNow + 3600 * kSecond);
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0815", kNow, kNow + 3600 * kSecond)));
}

TEST_F(PendingLinacsTest, AnAgentThatAsksAllTheTimeDoesNotWriteAllTheTime) {
  note("nbcc", "0815", kAddress, kNow);
  for (int i = 0; i < 50; ++i) note("nbcc", "0815", kAddress, kNow + kSecond);
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0815", kNow, kNow)));
}

TEST_F(PendingLinacsTest, ASiteCannotHaveMoreWaitThanItMayHaveLinacs) {
  fill(kNow - 63 * kSecond);
  EXPECT_EQ(note("nbcc", "more", kAddress, kNow), PendingState::too_many);
  EXPECT_EQ(note("nbcc", "0", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(note("sash", "more", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(pending_.list().size(), kMaxPendingPerSite + 1);
}

TEST_F(PendingLinacsTest, WhereTooManyWaitTheOneTheLongestUnheardOfMakesRoomOnceItIsOld) {
  fill(kNow);
  EXPECT_EQ(note("nbcc", "more", kAddress, kNow + kOld - 1), PendingState::too_many);
  const Noted noted = pending_.note("nbcc", {{"more", kAddress}}, kNow + kOld);
  EXPECT_THAT(noted.states, ElementsAre(PendingState::waits));
  EXPECT_THAT(noted.made_room, ElementsAre(waiting("0", kNow, kNow)));
  EXPECT_EQ(serials().size(), kMaxPendingPerSite);
  EXPECT_THAT(serials(), Contains("more"));
  EXPECT_THAT(serials(), Not(Contains("0")));
  EXPECT_EQ(note("nbcc", "another", kAddress, kNow + kOld), PendingState::too_many)
      << "1 was heard of a second later";
}

TEST_F(PendingLinacsTest, OldOnesStayWhereThereIsRoom) {
  note("nbcc", "0815", kAddress, kNow);
  const Noted noted = pending_.note("nbcc", {{"0816", kAddress}}, kNow + 100 * kOld);
  EXPECT_THAT(noted.made_room, IsEmpty());
  EXPECT_THAT(serials(), ElementsAre("0815", "0816"));
}

TEST_F(PendingLinacsTest, NoneOfWhatAnAgentTellsOfMakesRoomHoweverLongItWasAway) {
  fill(kNow);
  ASSERT_TRUE(pending_.reject("nbcc", "3"));
  std::vector<Announced> announced{{"new", kAddress}};
  for (std::size_t i = 0; i < kMaxPendingPerSite; ++i) {
    announced.push_back({std::to_string(i), kAddress});
  }
  const Noted full = pending_.note("nbcc", announced, kNow + 10 * kOld);
  EXPECT_THAT(full.made_room, IsEmpty());
  EXPECT_EQ(full.states.at(0), PendingState::too_many);
  EXPECT_EQ(full.states.at(4), PendingState::rejected);
  for (const PendingLinac& linac : pending_.list()) {
    EXPECT_EQ(linac.last_seen_us, kNow + 10 * kOld);
    EXPECT_LT(linac.first_seen_us, kNow + kDay);
  }

  announced.pop_back();
  const Noted one_less = pending_.note("nbcc", announced, kNow + 20 * kOld);
  ASSERT_EQ(one_less.made_room.size(), 1U);
  EXPECT_EQ(one_less.made_room[0].serial, std::to_string(kMaxPendingPerSite - 1));
  EXPECT_EQ(one_less.states.at(0), PendingState::waits);
}

TEST_F(PendingLinacsTest, WhatAWrongClockSawInTheFarFutureMakesRoomToo) {
  fill(kNow + 1000 * kDay);
  EXPECT_EQ(note("nbcc", "more", kAddress, kNow), PendingState::waits);
}

TEST_F(PendingLinacsTest, SeveralAreWrittenTogetherAndAnsweredInTheirOrder) {
  note("nbcc", "0815", kAddress, kNow);
  pending_.reject("nbcc", "0815");
  const auto before = files_.operations();
  const Noted noted = pending_.note(
      "nbcc", {{"0816", kAddress}, {"../x", kAddress}, {"0815", kAddress}, {"0817", kAddress}},
      kNow);
  const auto several = files_.operations() - before;
  EXPECT_THAT(noted.states, ElementsAre(PendingState::waits, PendingState::malformed,
                                        PendingState::rejected, PendingState::waits));
  EXPECT_THAT(serials(), ElementsAre("0815", "0816", "0817"));
  const auto before_one = files_.operations();
  note("nbcc", "0818", kAddress, kNow);
  EXPECT_EQ(files_.operations() - before_one, several);
}

TEST_F(PendingLinacsTest, WhatIsNoSerialOrNoAddressIsNotNoted) {
  for (const std::string serial : {"", "../x", "a b", "a\nb"}) {
    EXPECT_EQ(note("nbcc", serial, kAddress, kNow), PendingState::malformed);
  }
  for (const std::string address : {"", "host", "host:0", "ho st:1706", "a\n:1"}) {
    EXPECT_EQ(note("nbcc", "0815", address, kNow), PendingState::malformed);
  }
  EXPECT_THAT(pending_.list(), IsEmpty());
}

TEST_F(PendingLinacsTest, ARejectedOneStaysRejectedHoweverOftenItComes) {
  note("nbcc", "0815", kAddress, kNow);
  EXPECT_TRUE(pending_.reject("nbcc", "0815"));
  EXPECT_EQ(note("nbcc", "0815", kAddress, kNow + 3600 * kSecond), PendingState::rejected);
  ASSERT_EQ(pending_.list().size(), 1U);
  EXPECT_TRUE(pending_.list()[0].rejected);
}

TEST_F(PendingLinacsTest, AForgottenOneIsGoneAndMayComeAgain) {
  note("nbcc", "0815", kAddress, kNow);
  note("nbcc", "0816", kAddress, kNow);
  pending_.forget("nbcc", "0815");
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0816", kNow, kNow)));
  EXPECT_EQ(note("nbcc", "0815", kAddress, kNow), PendingState::waits);
}

TEST_F(PendingLinacsTest, OneThatItsSitesFileHasByNowDoesNotWaitHoweverOftenItsAgentAsks) {
  std::vector<std::string> approved;
  PendingLinacs pending(files_, kPendingFolder, [&approved](const std::string& site) {
    return site == "nbcc" ? approved : std::vector<std::string>();
  });
  EXPECT_EQ(note_one(pending, "nbcc", "0815", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(note_one(pending, "sash", "0815", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(note_one(pending, "nbcc", "0816", kAddress, kNow), PendingState::waits);
  // As `approve` does it: the site's file first.
  approved = {"0815", "0817"};
  EXPECT_EQ(note_one(pending, "nbcc", "0815", kAddress, kNow + kDay), PendingState::approved);
  pending.forget("nbcc", "0815");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(note_one(pending, "nbcc", "0815", kAddress, kNow + i), PendingState::approved);
    EXPECT_EQ(note_one(pending, "nbcc", "0817", kAddress, kNow + i), PendingState::approved);
  }
  EXPECT_THAT(pending.list(),
              ElementsAre(waiting("0816", kNow, kNow),
                          PendingLinac{"sash", "0815", kAddress, kNow, kNow, false}));
}

TEST_F(PendingLinacsTest, WhatASitesFileHasIsForgottenAlsoWhatWasRejected) {
  note("nbcc", "0815", kAddress, kNow);
  note("nbcc", "0816", kAddress, kNow);
  note("nbcc", "0817", kAddress, kNow);
  pending_.reject("nbcc", "0815");
  pending_.forget_all("nbcc", std::vector<std::string>{"0815", "0817", "4299"});
  EXPECT_THAT(serials(), ElementsAre("0816"));
  const auto before = files_.operations();
  pending_.forget_all("rccc", std::vector<std::string>{"0816"});
  EXPECT_THAT(serials(), ElementsAre("0816"));
  EXPECT_LT(files_.operations() - before, 20U) << "of a site where none waits nothing is written";
}

TEST_F(PendingLinacsTest, WhatItsAgentDoesNotHaveAnyMoreDoesNotWaitUnlessItWasRejected) {
  note("nbcc", "0815", kAddress, kNow);
  note("nbcc", "0816", kAddress, kNow);
  note("sash", "0815", kAddress, kNow);
  pending_.reject("nbcc", "0816");
  const std::vector<std::string> withdrawn{"0815", "0816", "4711"};
  EXPECT_THAT(pending_.withdraw("nbcc", withdrawn), ElementsAre(waiting("0815", kNow, kNow)));
  EXPECT_THAT(pending_.withdraw("nbcc", withdrawn), IsEmpty());
  EXPECT_THAT(pending_.withdraw("rccc", withdrawn), IsEmpty());
  EXPECT_THAT(serials(), ElementsAre("0816", "0815"));
  EXPECT_EQ(note("nbcc", "0815", kAddress, kNow + kSecond), PendingState::waits) << "added again";
}

TEST_F(PendingLinacsTest, WhatCannotBeWithdrawnNowWaitsOn) {
  note("nbcc", "0815", kAddress, kNow);
  const std::vector<std::string> withdrawn{"0815"};
  {
    std::unique_ptr<os::File> held;
    ASSERT_FALSE(files_.lock(kPendingFolder / ".lock", held));
    EXPECT_THAT(pending_.withdraw("nbcc", withdrawn), IsEmpty());
  }
  EXPECT_THAT(serials(), ElementsAre("0815"));
  EXPECT_EQ(pending_.withdraw("nbcc", withdrawn).size(), 1U);
}

TEST_F(PendingLinacsTest, ADamagedFileHidesNoOtherSites) {
  note("nbcc", "0815", kAddress, kNow);
  note("sash", "0816", kAddress, kNow);
  const Bytes bytes = as_bytes("[{");
  files_.put(kPendingFolder / "nbcc.json", ByteVector(bytes.begin(), bytes.end()));
  std::vector<std::string> problems;
  const auto listed = pending_.list(problems);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].serial, "0816");
  EXPECT_THAT(problems, ElementsAre(testing::AllOf(testing::HasSubstr("/nbcc.json"),
                                                   testing::HasSubstr("delete it"))));
}

TEST_F(PendingLinacsTest, WhileACommandWritesTheGatewayDoesNotWait) {
  note("nbcc", "0815", kAddress, kNow);
  std::unique_ptr<os::File> held;
  ASSERT_FALSE(files_.lock(kPendingFolder / ".lock", held));
  EXPECT_EQ(note("nbcc", "0816", kAddress, kNow), PendingState::not_noted);
  EXPECT_THAT(pending_.note("nbcc", {{"0816", kAddress}}, kNow).failure,
              testing::HasSubstr(" holds "));
  EXPECT_THROW(pending_.reject("nbcc", "0815"), std::runtime_error);
  held.reset();
  EXPECT_TRUE(pending_.reject("nbcc", "0815"));
}

TEST_F(PendingLinacsTest, ADamagedFileIsSaidAndNeverTakenForAnEmptyOne) {
  for (const std::string text : {"", "[", "{}x", "[{}]", "[{\"serial\": 5}]", "[1]"}) {
    SCOPED_TRACE(text);
    const Bytes bytes = as_bytes(text);
    files_.put(kPendingFolder / "nbcc.json", ByteVector(bytes.begin(), bytes.end()));
    EXPECT_EQ(note("nbcc", "0815", kAddress, kNow), PendingState::not_noted);
    EXPECT_THROW(static_cast<void>(pending_.list()), std::runtime_error);
    EXPECT_THROW(pending_.forget("nbcc", "0815"), std::runtime_error);
  }
}

TEST_F(PendingLinacsTest, WhicheverOperationFailsWhatWaitedStillDoes) {
  const auto add_another = [](os::FaultingFileSystem& files) {
    PendingLinacs pending(files, kPendingFolder);
    note_one(pending, "nbcc", "0815", kAddress, kNow);
    files.set_fault(std::nullopt);
    return note_one(pending, "nbcc", "0816", kAddress, kNow);
  };
  os::FaultingFileSystem whole;
  ASSERT_EQ(add_another(whole), PendingState::waits);
  const std::uint64_t operations = whole.operations();
  for (std::uint64_t nth = 1; nth <= operations; ++nth) {
    SCOPED_TRACE(nth);
    os::FaultingFileSystem files;
    PendingLinacs pending(files, kPendingFolder);
    note_one(pending, "nbcc", "0815", kAddress, kNow);
    files.set_fault(os::FaultingFileSystem::Fault{.operation = nth, .error = EIO});
    const PendingState state = note_one(pending, "nbcc", "0816", kAddress, kNow);
    files.set_fault(std::nullopt);
    const auto linacs = pending.list();
    ASSERT_GE(linacs.size(), 1U);
    EXPECT_EQ(linacs[0], waiting("0815", kNow, kNow));
    if (state == PendingState::waits) {
      EXPECT_EQ(linacs.size(), 2U);
    }
    EXPECT_EQ(note_one(pending, "nbcc", "0816", kAddress, kNow), PendingState::waits);
  }
}

}  // namespace
}  // namespace icom::pending
