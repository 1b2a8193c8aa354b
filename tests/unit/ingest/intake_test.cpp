#include "gateway/ingest/intake.hpp"

#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

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
  void submit(SortedBatch batch) { EXPECT_TRUE(intake_->submit(batch, client_)); }

  FakeSink sink_;
  std::shared_ptr<Intake> intake_ = std::make_shared<Intake>(sink_, 1'000);
  std::shared_ptr<Client> client_ = std::make_shared<Client>();
};

TEST_F(IntakeTest, AnswerOfTheSinkReachesTheClient) {
  submit(batch_of(10, 5));
  submit(batch_of(10, 6));
  sink_.answer(true);
  sink_.answer(false);
  EXPECT_THAT(client_->answers, testing::ElementsAre(std::pair(5U, true), std::pair(6U, false)));
}

TEST_F(IntakeTest, RoomEndsAtTheBoundAndComesBackAtHalfOfIt) {
  submit(batch_of(400));
  submit(batch_of(599));
  EXPECT_TRUE(intake_->has_room(client_));
  submit(batch_of(1));
  EXPECT_FALSE(intake_->has_room(client_));
  sink_.answer(true);  // 600 left
  EXPECT_EQ(client_->rooms, 0);
  sink_.answer(true);  // 1 left
  EXPECT_EQ(client_->rooms, 1);
  EXPECT_TRUE(intake_->has_room(client_));
  sink_.answer(true);
  EXPECT_EQ(client_->rooms, 1);
}

TEST_F(IntakeTest, BatchThatTheSinkDoesNotTakeIsLeftAsItWas) {
  sink_.set_full(true);
  SortedBatch batch = batch_of(5'000, 9);
  EXPECT_FALSE(intake_->submit(batch, client_));
  EXPECT_EQ(batch.incoming.arena.size(), 5'000U);
  EXPECT_TRUE(intake_->has_room(client_));
  sink_.set_full(false);
  submit(std::move(batch));
  sink_.answer(true);
  EXPECT_THAT(client_->answers, testing::ElementsAre(std::pair(9U, true)));
}

TEST_F(IntakeTest, ClientsThatHaveGoneAreNotCalled) {
  submit(batch_of(2'000));
  EXPECT_FALSE(intake_->has_room(client_));
  client_.reset();
  EXPECT_TRUE(sink_.answer(true));
  EXPECT_TRUE(intake_->has_room(client_));
}

TEST_F(IntakeTest, NobodyIsCalledAfterClose) {
  submit(batch_of(2'000));
  EXPECT_FALSE(intake_->has_room(client_));
  intake_->close();
  EXPECT_TRUE(sink_.answer(true));
  EXPECT_TRUE(client_->answers.empty());
  EXPECT_EQ(client_->rooms, 0);
}

}  // namespace
}  // namespace icom::ingest
