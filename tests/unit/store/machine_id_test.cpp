// What a Linac's frames call their machine: docs/storage.md, "The machine ID".
#include "gateway/store/machine_id.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using test::operator+;

constexpr unsigned kMany = MachineId::kLearntAnew;

/// Message number `n` of a machine that calls itself so; of one without a name if that is nullopt.
ByteVector message_of(const std::optional<std::string>& machine, unsigned n) {
  test::FrameSpec spec;
  spec.time = test::time_after(n / 4);
  spec.counter = static_cast<std::uint8_t>(n);
  spec.items = {{0x3008, 0x0032, "DS", 'R', std::to_string(n)}};
  if (machine) {
    spec.items.push_back({0x300A, 0x00B2, "SH", 'P', *machine});
  }
  return test::build_frame(spec);
}

std::vector<ByteVector> messages_of(const std::optional<std::string>& machine, unsigned from,
                                    unsigned to) {
  std::vector<ByteVector> all;
  for (unsigned n = from; n < to; ++n) {
    all.push_back(message_of(machine, n));
  }
  return all;
}

class MachineIdTest : public test::StoreFixture {
 protected:
  void SetUp() override {
    before_ = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
    open();
  }
  void TearDown() override {
    store_.reset();
    spdlog::set_default_logger(before_);
  }
  void store_of(LinacId linac, const std::vector<ByteVector>& frames) {
    ASSERT_TRUE(commit(test::Feed(linac, next_run_++).connected().frames(frames).batch()));
  }
  [[nodiscard]] MachineRow row(LinacId linac) const {
    for (const LedgerRow& one : StoreReader(folder()).ledger({}, {})) {
      if (one.linac.id == linac) return one.machine;
    }
    return {};
  }
  [[nodiscard]] std::string problems() const {
    std::string text;
    for (const auto& [linac, problem] : StoreReader(folder()).odd_machines()) {
      text += linac.site + "/" + linac.serial + ": " + problem + "\n";
    }
    return text;
  }
  /// What was logged since the last call. The store's thread writes it before it answers a commit.
  std::string logged() {
    const std::string text = log_.str();
    log_.str("");
    return text;
  }

  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(MachineIdTest, TheFirstIsLearntWhateverItIsAndNothingIsSaid) {
  store_of(linac_, messages_of(std::nullopt, 0, 4) + messages_of("", 4, 8) +
                       messages_of(" LA\x1B 1 ", 8, 12));
  EXPECT_EQ(row(linac_).learnt, "LA? 1");
  EXPECT_EQ(row(linac_).other_frames, 0);
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(logged(), Not(HasSubstr("machine")));
}

TEST_F(MachineIdTest, FramesOfAnotherMachineAreKeptAndToldUntilSomebodySaysWhatIsRight) {
  store_of(linac_, messages_of("LA1", 0, 8));
  const auto others = messages_of("LA2", 8, 28);
  store_of(linac_, others);
  EXPECT_TRUE(test::same_frames(stored(), messages_of("LA1", 0, 8) + others));
  EXPECT_EQ(row(linac_).learnt, "LA1");
  EXPECT_EQ(row(linac_).other, "LA2");
  EXPECT_EQ(row(linac_).other_frames, 20);
  const std::string log = logged();
  EXPECT_THAT(log, HasSubstr("nbcc: Linac 4299: 1 of its frames call their machine LA2, not LA1"));
  EXPECT_EQ(log.find("LA2"), log.rfind("LA2")) << "once for all of them: " << log;

  reopen();
  store_of(linac_, messages_of("LA1", 28, 28 + 2 * kMany));
  EXPECT_THAT(problems(), HasSubstr("nbcc/4299: 20 of its frames call their machine LA2, not LA1"))
      << "they are on record, although the address was corrected";
  set_machine_id(folder(), "nbcc", "4299", "LA1");
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(row(linac_).other_frames, 0);
}

TEST_F(MachineIdTest, TheSerialOfAnotherLinacIsNeverLearntNeitherAtFirstNorInTime) {
  const LinacId other = store_->linac("nbcc", "9183");
  store_of(linac_, messages_of("9183", 0, 2 * kMany));
  EXPECT_EQ(row(linac_).learnt, std::nullopt);
  EXPECT_EQ(row(linac_).other_frames, 2 * kMany);
  EXPECT_THAT(logged(), HasSubstr("call their machine 9183, which is another Linac of this site: "
                                  "look at the addresses in the site's file"));

  store_of(other, messages_of("9183", 0, 4));  // and now they are exchanged
  store_of(other, messages_of("4299", 4, 2 * kMany));
  EXPECT_EQ(row(other).learnt, "9183");
  EXPECT_THAT(problems(), HasSubstr("nbcc/4299: "));
  EXPECT_THAT(problems(), HasSubstr("nbcc/9183: "));
  EXPECT_THAT(problems(), HasSubstr("call their machine 4299, not 9183 as before, which is another "
                                    "Linac of this site"));

  store_of(linac_, messages_of("4299", 2 * kMany, 2 * kMany + 1));
  EXPECT_EQ(row(linac_).learnt, "4299") << "its own serial is right at once";
  EXPECT_THAT(problems(), HasSubstr("nbcc/4299: ")) << "what is on record is still another's";
}

TEST_F(MachineIdTest, WhatAnotherLinacOfTheSiteIsKnownToBeIsNotLearntInTime) {
  const LinacId other = store_->linac("nbcc", "9183");
  store_of(linac_, messages_of("LA1", 0, 4));
  store_of(other, messages_of("LA2", 0, 4));
  store_of(linac_, messages_of("LA2", 4, 2 * kMany));
  EXPECT_EQ(row(linac_).learnt, "LA1");
  EXPECT_THAT(problems(), HasSubstr("nbcc/4299: "));
  EXPECT_THAT(logged(), HasSubstr("call their machine LA2, not LA1 as before, as those of Linac "
                                  "9183 of this site do"));

  const LinacId third = store_->linac("nbcc", "7000");
  store_of(third, messages_of("LA2", 0, 4));
  EXPECT_EQ(row(third).learnt, std::nullopt) << "a new one by a wrong address";
  EXPECT_EQ(row(third).other, "LA2");

  const LinacId elsewhere = store_->linac("sash", "5000");
  store_of(elsewhere, messages_of("LA2", 0, 4));
  EXPECT_EQ(row(elsewhere).learnt, "LA2") << "sites may name their machines alike";
}

TEST_F(MachineIdTest, AMachineThatWasGivenAnotherNameIsLearntAnewOnceOnlyThatHasCome) {
  store_of(linac_, messages_of("LA1", 0, 4) + messages_of("NEW", 4, 3 + kMany) +
                       messages_of("LA1", 3 + kMany, 4 + kMany) +
                       messages_of("NEW", 4 + kMany, 3 + 2 * kMany));
  EXPECT_EQ(row(linac_).learnt, "LA1") << "it came in between";
  reopen();
  logged();
  store_of(linac_, messages_of("NEW", 3 + 2 * kMany, 5 + 2 * kMany));
  EXPECT_EQ(row(linac_).learnt, "NEW");
  EXPECT_EQ(row(linac_).other, std::nullopt);
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(logged(), HasSubstr("nbcc: Linac 4299: its machine ID is NEW from now on, and was "
                                  "LA1"));
}

TEST_F(MachineIdTest, WhatSomebodySaysCountsForTheStoreThatRuns) {
  store_of(linac_, messages_of("LA1", 0, 4) + messages_of("LA2", 4, 8));
  set_machine_id(folder(), "nbcc", "4299", "LA2");
  store_of(linac_, messages_of("LA2", 8, 12));
  EXPECT_EQ(row(linac_).learnt, "LA2");
  EXPECT_EQ(row(linac_).other, std::nullopt);
  EXPECT_EQ(row(linac_).other_frames, 0);
  store_of(linac_, messages_of("LA1", 12, 14));
  EXPECT_EQ(row(linac_).other, "LA1");
  EXPECT_EQ(row(linac_).other_frames, 2);
  EXPECT_THROW(set_machine_id(folder(), "nbcc", "1", "LA2"), std::runtime_error);
  EXPECT_THROW(set_machine_id(folder(), "nbcc", "4299", " "), std::invalid_argument);
}

}  // namespace
}  // namespace icom::store
