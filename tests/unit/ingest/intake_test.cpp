#include "gateway/ingest/intake.hpp"

#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

/// Half of it for each site, a sixteenth (100) whatever the others have.
constexpr std::size_t kMaxBytes = 1'600;

class Client final : public IntakeClient {
 public:
  void answered(const BatchTicket& batch, bool stored) override {
    answers.emplace_back(batch.seq, stored);
  }
  void room() override { ++rooms; }

  std::vector<std::pair<std::uint64_t, bool>> answers;
  int rooms = 0;
};

SortedBatch batch_of(std::size_t bytes, std::uint64_t seq = 1) {
  SortedBatch batch;
  batch.seq = seq;
  batch.incoming.arena.resize(bytes);
  return batch;
}

class IntakeTest : public testing::Test {
 protected:
  void submit(SortedBatch batch, const std::string& site = "nbcc") {
    EXPECT_TRUE(intake_->submit(site, batch, client_));
  }
  /// Whether a batch might be decoded; it is not.
  bool may_begin(const std::string& site = "nbcc") {
    return intake_->begin(site, client_).has_value();
  }

  FakeSink sink_;
  std::shared_ptr<Intake> intake_ = std::make_shared<Intake>(sink_, kMaxBytes);
  std::shared_ptr<Client> client_ = std::make_shared<Client>();
};

TEST_F(IntakeTest, AnswerOfTheSinkReachesTheClient) {
  submit(batch_of(10, 5));
  submit(batch_of(10, 6));
  sink_.answer(true);
  sink_.answer(false);
  EXPECT_THAT(client_->answers, testing::ElementsAre(std::pair(5U, true), std::pair(6U, false)));
}

TEST_F(IntakeTest, ASitesRoomEndsAtItsBoundAndComesBackAtHalfOfIt) {
  submit(batch_of(400));
  submit(batch_of(399));
  EXPECT_TRUE(may_begin());
  submit(batch_of(1));
  EXPECT_FALSE(may_begin());
  EXPECT_TRUE(may_begin("sash"));
  sink_.answer(true);  // 400 left
  EXPECT_EQ(client_->rooms, 1);
  EXPECT_TRUE(may_begin());
  sink_.answer(true);
  EXPECT_EQ(client_->rooms, 1);
}

TEST_F(IntakeTest, ASiteHasASixteenthWhateverTheOthersHave) {
  for (const char* site : {"nbcc", "rccc", "sash"}) submit(batch_of(600), site);
  EXPECT_FALSE(may_begin());
  EXPECT_TRUE(may_begin("new"));
  submit(batch_of(99), "new");
  EXPECT_TRUE(may_begin("new"));
  submit(batch_of(1), "new");
  EXPECT_FALSE(may_begin("new"));
  sink_.answer(true);
  EXPECT_EQ(client_->rooms, 1);  // nbcc has nothing on its way any more
  sink_.answer(true);
  EXPECT_EQ(client_->rooms, 2);  // 700 are left of all
}

TEST_F(IntakeTest, WhatManySitesHaveTogetherIsBounded) {
  std::size_t bytes = 0;
  for (int site = 0; site < 100; ++site) {
    const std::string name = "site" + std::to_string(site);
    if (!may_begin(name)) continue;
    submit(batch_of(90), name);
    bytes += 90;
  }
  EXPECT_GE(bytes, kMaxBytes);
  EXPECT_LE(bytes, kMaxBytes * 5 / 4 + 90);
  // Those that wait come in the order in which they began to, two for each batch that is done.
  const auto first = client_;
  client_ = std::make_shared<Client>();
  EXPECT_FALSE(may_begin("new"));
  const int waiting = 100 - static_cast<int>(bytes / 90);
  for (int done = 1; done <= 3; ++done) {
    sink_.answer(true);
    EXPECT_EQ(first->rooms, 2 * done);
  }
  EXPECT_GT(waiting, 6);
  EXPECT_EQ(client_->rooms, 0);
}

TEST_F(IntakeTest, OneBatchOfASiteIsDecodedAtATime) {
  std::optional<Intake::Turn> turn = intake_->begin("nbcc", client_);
  ASSERT_TRUE(turn);
  EXPECT_FALSE(may_begin("nbcc"));
  EXPECT_TRUE(may_begin("sash"));
  EXPECT_EQ(client_->rooms, 0);
  turn.reset();
  EXPECT_EQ(client_->rooms, 1);
  EXPECT_TRUE(may_begin("nbcc"));
}

TEST_F(IntakeTest, BatchThatTheSinkDoesNotTakeIsLeftAsItWas) {
  sink_.set_full(true);
  SortedBatch batch = batch_of(5'000, 9);
  EXPECT_FALSE(intake_->submit("nbcc", batch, client_));
  EXPECT_EQ(batch.incoming.arena.size(), 5'000U);
  EXPECT_TRUE(may_begin());
  sink_.set_full(false);
  submit(std::move(batch));
  sink_.answer(true);
  EXPECT_THAT(client_->answers, testing::ElementsAre(std::pair(9U, true)));
}

TEST_F(IntakeTest, ClientsThatHaveGoneAreNotCalled) {
  submit(batch_of(2'000));
  EXPECT_FALSE(may_begin());
  client_.reset();
  EXPECT_TRUE(sink_.answer(true));
  EXPECT_TRUE(may_begin());
}

TEST_F(IntakeTest, NobodyIsCalledAfterClose) {
  submit(batch_of(2'000));
  EXPECT_FALSE(may_begin());
  intake_->close();
  EXPECT_TRUE(sink_.answer(true));
  EXPECT_TRUE(client_->answers.empty());
  EXPECT_EQ(client_->rooms, 0);
}

}  // namespace
}  // namespace icom::ingest
