// Whom the desk works for where there are many requests, and for whom not.
#include <thread>

#include "tests/unit/ingest/desk_client.hpp"
#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

class DeskTurnsTest : public IngestTest {
 protected:
  DeskTurnsTest() {
    IngestServer::Options options;
    options.desk = &desk_;
    options.max_of_site = 2;
    start(std::move(options));
  }
  ~DeskTurnsTest() override {
    desk_.let_go();
    server_.reset();
  }

  /// One that has heard of the desk what that has to look up, which waits for nobody's request.
  std::unique_ptr<DeskClient> greeted(const std::string& site) {
    auto client = std::make_unique<DeskClient>(server_->port(), site);
    client->say_hello();
    return client;
  }
  static void ask(DeskClient& client) {
    EXPECT_TRUE(client.prove(kDeskSecret).has_proof());
    client.send_request(client.site());
  }
  /// The desk works for it, and it has no answer before let_go().
  void ask_and_stay(DeskClient& client) {
    desk_.hold();
    ask(client);
    EXPECT_TRUE(desk_.wait_for(1));
  }
  /// For what was sent to be read.
  static void wait_a_little() { std::this_thread::sleep_for(milliseconds(50)); }

  FakeDesk desk_;
};

TEST_F(DeskTurnsTest, AnotherSitesRequestWaitsForOneOfASiteAtMost) {
  const auto first = greeted("nbcc");
  const auto second = greeted("nbcc");
  const auto other = greeted("rccc");
  ask_and_stay(*first);
  ask(*second);
  wait_a_little();
  ask(*other);
  wait_a_little();
  desk_.let_go();
  EXPECT_TRUE(other->receive_answer());
  EXPECT_TRUE(second->receive_answer());
  EXPECT_THAT(desk_.asked(), ElementsAre("nbcc", "rccc", "nbcc"));
}

TEST_F(DeskTurnsTest, ARequestWhoseConnectionWasDroppedIsNotCarriedOut) {
  const auto first = greeted("nbcc");
  const auto second = greeted("nbcc");
  const auto third = greeted("nbcc");
  const auto fourth = greeted("nbcc");
  ask_and_stay(*first);
  ask(*second);
  wait_a_little();
  ask(*third);   // sends the first away
  ask(*fourth);  // and this one the second
  EXPECT_FALSE(second->receive_answer());
  desk_.let_go();
  EXPECT_TRUE(third->receive_answer());
  EXPECT_TRUE(fourth->receive_answer());
  EXPECT_THAT(desk_.asked(), ElementsAre("nbcc", "nbcc", "nbcc"));
}

TEST_F(DeskTurnsTest, AStopLeavesUndoneWhatWaitsForTheDesk) {
  const auto first = greeted("nbcc");
  const auto second = greeted("nbcc");
  const auto other = greeted("rccc");
  ask_and_stay(*first);
  ask(*second);
  ask(*other);
  wait_a_little();
  std::thread stopping([this] { server_->stop(std::chrono::seconds(30)); });
  EXPECT_FALSE(second->receive_answer());
  EXPECT_FALSE(other->receive_answer());
  desk_.let_go();
  stopping.join();
  EXPECT_THAT(desk_.asked(), ElementsAre("nbcc"));
}

}  // namespace
}  // namespace icom::ingest
