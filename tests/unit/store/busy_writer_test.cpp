// What the writer does between commits that leave it no quiet moment: time is the test's own.
#include <atomic>
#include <optional>

#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using namespace std::chrono_literals;
using test::message;
using test::messages;

/// A store whose Linac sends something each 250 ms of a clock that goes on with each commit alone.
/// The commits follow each other within the real time after which the writer takes a moment for
/// quiet.
class BusyWriterTest : public test::StoreFixture {
 protected:
  // A flush builds nothing again once this is used up.
  static constexpr RebuildPace kPace{.per_commit = 0, .at_once = 200};
  static constexpr int kMostCommits = 600;

  void SetUp() override {
    store_ = std::make_unique<Store>(
        folder(),
        Store::Options{
            .clock = [this] { return std::chrono::steady_clock::time_point(now_.load()); },
            .rebuild = kPace,
            .idle_after = 1h},
        nullptr);
    linac_ = known_linac("4299");
    live_ = feed(1'000);
  }
  void one_more_commit() {
    now_ = now_.load() + 250ms;
    ASSERT_TRUE(commit(live_->event(EntryKind::connected).batch()));
  }
  [[nodiscard]] std::int64_t frames_in_records() const {
    Database database(folder() / "icom.db", Database::Access::read_only);
    Query query(database, "SELECT sum(frames) FROM record");
    return query.step() ? query.integer(0) : 0;
  }

  std::atomic<std::chrono::steady_clock::duration> now_{1h};
  std::optional<test::Feed> live_;
};

TEST_F(BusyWriterTest, ALongRecordIsBuiltAgainThoughCommitsFollowEachOther) {
  std::vector<ByteVector> all = messages(0, 2'000, test::Patient{});
  all.push_back(message(2'000));
  std::vector<ByteVector> sent(all);
  sent.erase(sent.begin() + 1'000, sent.begin() + 1'003);
  ASSERT_TRUE(commit(feed(1).connected().frames(sent).batch()));
  ASSERT_TRUE(commit(feed(2).frame(all[1'001]).batch()));
  ASSERT_EQ(frames_in_records(), 1'997);
  int commits = 0;
  while (frames_in_records() != 1'998 && commits < kMostCommits) {
    one_more_commit();
    ++commits;
  }
  EXPECT_EQ(frames_in_records(), 1'998);
}

TEST_F(BusyWriterTest, TheWalIsMovedThoughCommitsFollowEachOther) {
  one_more_commit();
  const auto file = folder() / "icom.db";
  const auto before = std::filesystem::file_size(file);
  ASSERT_TRUE(commit(feed(1).frames(messages(0, 2'000)).batch()));
  int commits = 0;
  while (std::filesystem::file_size(file) == before && commits < kMostCommits) {
    one_more_commit();
    ++commits;
  }
  EXPECT_GT(std::filesystem::file_size(file), before);
}

}  // namespace
}  // namespace icom::store
