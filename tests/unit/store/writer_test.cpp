// What the writer does for one Linac while others wait: time is the test's own, and so is the
// thread.
#include "gateway/store/writer.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <sstream>

#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using namespace std::chrono_literals;
using test::message;
using test::messages;

/// Linac 1 of one site has a long record, and a late frame of it that is not in it yet.
class WriterTest : public testing::Test {
 protected:
  static constexpr RebuildPace kPace{.per_commit = 0, .at_once = 50, .at_least = 1};

  void SetUp() override {
    open();
    writer_->register_linac("costly", "1");
    writer_->register_linac("cheap", "2");
    Database(database_, Database::Access::read_write).execute("UPDATE linac SET counter_at = 26");
    std::vector<ByteVector> sent = all_;
    sent.erase(sent.begin() + 1'000, sent.begin() + 1'003);
    sent.push_back(message(2'000));
    commit(test::Feed(1, 1).connected().frames(sent).batch());
    commit(test::Feed(1, 2).frame(all_[1'001]).batch());
    ASSERT_EQ(frames_in_records(), 1'997);
  }
  /// As after a start: nothing is loaded.
  void open() {
    writer_.reset();
    writer_.emplace(
        database_, queue_, nullptr, [this] { return now_ += each_reading_; },
        EventLimits{.free_bytes = [] { return std::uint64_t{1} << 30U; },
                    .day = [] { return std::int64_t{0}; }},
        kPace);
  }
  void commit(IncomingBatch batch) {
    bool done = false;
    batch.done = [&](bool stored) { done = stored; };
    ASSERT_TRUE(queue_.push(std::move(batch)));
    for (int commits = 0; commits < 1'000 && !queue_.wait(0ms).empty(); ++commits) {
      writer_->commit();
    }
    ASSERT_TRUE(done);
  }
  [[nodiscard]] std::int64_t frames_in_records() const {
    Database database(database_, Database::Access::read_only);
    Query query(database, "SELECT sum(frames) FROM record");
    return query.step() ? query.integer(0) : 0;
  }

  const std::vector<ByteVector> all_ = messages(0, 2'000, test::Patient{});
  std::chrono::steady_clock::time_point now_{1h};
  std::chrono::milliseconds each_reading_{0};
  test::TemporaryFolder folder_;
  const std::filesystem::path database_ = folder_.path() / "icom.db";
  BatchQueue queue_{std::size_t{64} << 20U};
  std::optional<Writer> writer_;
};

TEST_F(WriterTest, ACommitReadsNothingOfALinacThatIsNotInIt) {
  open();
  commit(test::Feed(2, 1).frames(messages(0, 10, test::Patient{})).batch());
  EXPECT_EQ(frames_in_records(), 1'997 + 10);
  while (writer_->idle()) {
  }
  EXPECT_EQ(frames_in_records(), 1'998 + 10);
}

TEST_F(WriterTest, ARecordThatCannotBeBuiltAgainStopsNoOtherLinac) {
  Database database(database_, Database::Access::read_write);
  database.execute(
      "CREATE TRIGGER full BEFORE UPDATE ON record WHEN NEW.linac = 1 "
      "BEGIN SELECT RAISE(ABORT, 'no room'); END");
  commit(test::Feed(2, 1).frames(messages(0, 10, test::Patient{})).batch());
  EXPECT_EQ(frames_in_records(), 1'997 + 10);
}

TEST_F(WriterTest, AtTheEndItBuildsWhatIsLeftHoweverManyPiecesThatIs) {
  writer_->finish();
  EXPECT_EQ(frames_in_records(), 1'998);
}

TEST_F(WriterTest, TheEndWaitsForWhatIsLeftToBuildNoLongerThanItsTime) {
  each_reading_ = 100ms;
  const auto begin = now_;
  writer_->finish();
  EXPECT_LT(now_ - begin, 5s);
  EXPECT_EQ(frames_in_records(), 1'997);
}

TEST_F(WriterTest, ASlowCommitIsLoggedWithItsLinacOnceAMinute) {
  std::ostringstream text;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  each_reading_ = 40ms;
  commit(test::Feed(1, 3).frames(messages(2'010, 2'020)).batch());
  commit(test::Feed(2, 1).frame(message(0)).batch());
  spdlog::set_default_logger(before);
  const std::string lines = text.str();
  EXPECT_NE(lines.find("for costly: Linac 1,"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("cheap"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("a commit of the store took"), lines.rfind("a commit of the store took"));
}

}  // namespace
}  // namespace icom::store
