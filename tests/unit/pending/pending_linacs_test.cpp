#include "gateway/pending/pending_linacs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::pending {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kNow = 1'800'000'000'000'000;
constexpr std::int64_t kSecond = 1'000'000;
const std::filesystem::path kPendingFolder = "/registration/pending";
const std::string kAddress = "192.168.17.43:1706";

PendingLinac waiting(const std::string& serial, std::int64_t first, std::int64_t last) {
  return {"nbcc", serial, kAddress, first, last, false};
}

class PendingLinacsTest : public ::testing::Test {
 protected:
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
  EXPECT_EQ(pending_.note("nbcc", "0815", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(pending_.note("sash", "9002", "[fd00::1]:1706", kNow), PendingState::waits);
  files_.cut_power();
  EXPECT_THAT(PendingLinacs(files_, kPendingFolder).list(),
              ElementsAre(waiting("0815", kNow, kNow),
                          PendingLinac{"sash", "9002", "[fd00::1]:1706", kNow, kNow, false}));
}

TEST_F(PendingLinacsTest, ItsLastComingAndItsNewAddressAreNoted) {
  pending_.note("nbcc", "0815", "192.168.17.44:1706", kNow);
  pending_.note("nbcc", "0815", kAddress, kNow + kSecond);
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0815", kNow, kNow + kSecond)));
  pending_.note("nbcc", "0815", kAddress, kNow + 3600 * kSecond);
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0815", kNow, kNow + 3600 * kSecond)));
}

TEST_F(PendingLinacsTest, AnAgentThatAsksAllTheTimeDoesNotWriteAllTheTime) {
  pending_.note("nbcc", "0815", kAddress, kNow);
  for (int i = 0; i < 50; ++i) pending_.note("nbcc", "0815", kAddress, kNow + kSecond);
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0815", kNow, kNow)));
}

TEST_F(PendingLinacsTest, ASiteCannotHaveMoreWaitThanItMayHaveLinacs) {
  for (std::size_t i = 0; i < kMaxPendingPerSite; ++i) {
    EXPECT_EQ(pending_.note("nbcc", std::to_string(i), kAddress, kNow), PendingState::waits);
  }
  EXPECT_EQ(pending_.note("nbcc", "more", kAddress, kNow), PendingState::too_many);
  EXPECT_EQ(pending_.note("nbcc", "0", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(pending_.note("sash", "more", kAddress, kNow), PendingState::waits);
  EXPECT_EQ(pending_.list().size(), kMaxPendingPerSite + 1);
}

TEST_F(PendingLinacsTest, WhatIsNoSerialOrNoAddressIsNotNoted) {
  for (const std::string serial : {"", "../x", "a b", "a\nb"}) {
    EXPECT_EQ(pending_.note("nbcc", serial, kAddress, kNow), PendingState::malformed);
  }
  for (const std::string address : {"", "host", "host:0", "ho st:1706", "a\n:1"}) {
    EXPECT_EQ(pending_.note("nbcc", "0815", address, kNow), PendingState::malformed);
  }
  EXPECT_THAT(pending_.list(), IsEmpty());
}

TEST_F(PendingLinacsTest, ARejectedOneStaysRejectedHoweverOftenItComes) {
  pending_.note("nbcc", "0815", kAddress, kNow);
  EXPECT_TRUE(pending_.reject("nbcc", "0815"));
  EXPECT_EQ(pending_.note("nbcc", "0815", kAddress, kNow + 3600 * kSecond), PendingState::rejected);
  ASSERT_EQ(pending_.list().size(), 1U);
  EXPECT_TRUE(pending_.list()[0].rejected);
}

TEST_F(PendingLinacsTest, AForgottenOneIsGoneAndMayComeAgain) {
  pending_.note("nbcc", "0815", kAddress, kNow);
  pending_.note("nbcc", "0816", kAddress, kNow);
  pending_.forget("nbcc", "0815");
  EXPECT_THAT(pending_.list(), ElementsAre(waiting("0816", kNow, kNow)));
  EXPECT_EQ(pending_.note("nbcc", "0815", kAddress, kNow), PendingState::waits);
}

TEST_F(PendingLinacsTest, WhileACommandWritesTheGatewayDoesNotWait) {
  pending_.note("nbcc", "0815", kAddress, kNow);
  std::unique_ptr<os::File> held;
  ASSERT_FALSE(files_.lock(kPendingFolder / ".lock", held));
  EXPECT_EQ(pending_.note("nbcc", "0816", kAddress, kNow), PendingState::not_noted);
  EXPECT_THROW(pending_.reject("nbcc", "0815"), std::runtime_error);
  held.reset();
  EXPECT_TRUE(pending_.reject("nbcc", "0815"));
}

TEST_F(PendingLinacsTest, ADamagedFileIsSaidAndNeverTakenForAnEmptyOne) {
  for (const std::string text : {"", "[", "{}x", "[{}]", "[{\"serial\": 5}]", "[1]"}) {
    SCOPED_TRACE(text);
    const Bytes bytes = as_bytes(text);
    files_.put(kPendingFolder / "nbcc.json", ByteVector(bytes.begin(), bytes.end()));
    EXPECT_EQ(pending_.note("nbcc", "0815", kAddress, kNow), PendingState::not_noted);
    EXPECT_THROW(static_cast<void>(pending_.list()), std::runtime_error);
    EXPECT_THROW(pending_.forget("nbcc", "0815"), std::runtime_error);
  }
}

TEST_F(PendingLinacsTest, WhicheverOperationFailsWhatWaitedStillDoes) {
  const auto add_another = [](os::FaultingFileSystem& files) {
    PendingLinacs pending(files, kPendingFolder);
    pending.note("nbcc", "0815", kAddress, kNow);
    files.set_fault(std::nullopt);
    return pending.note("nbcc", "0816", kAddress, kNow);
  };
  os::FaultingFileSystem whole;
  ASSERT_EQ(add_another(whole), PendingState::waits);
  const std::uint64_t operations = whole.operations();
  for (std::uint64_t nth = 1; nth <= operations; ++nth) {
    SCOPED_TRACE(nth);
    os::FaultingFileSystem files;
    PendingLinacs pending(files, kPendingFolder);
    pending.note("nbcc", "0815", kAddress, kNow);
    files.set_fault(os::FaultingFileSystem::Fault{.operation = nth, .error = EIO});
    const PendingState state = pending.note("nbcc", "0816", kAddress, kNow);
    files.set_fault(std::nullopt);
    const auto linacs = pending.list();
    ASSERT_GE(linacs.size(), 1U);
    EXPECT_EQ(linacs[0], waiting("0815", kNow, kNow));
    if (state == PendingState::waits) {
      EXPECT_EQ(linacs.size(), 2U);
    }
    EXPECT_EQ(pending.note("nbcc", "0816", kAddress, kNow), PendingState::waits);
  }
}

}  // namespace
}  // namespace icom::pending
