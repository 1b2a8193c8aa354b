#include "common/asio/name_resolver.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/asio/lookup_error.hpp"
#include "tests/unit/asio/test_names.hpp"
#include "tests/unit/os/threads_that_stay.hpp"

namespace icom {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::hours kForEver(1);
constexpr std::chrono::seconds kTestDeadline(20);

/// A wait for a name's addresses, and how it ended.
struct Asked {
  explicit Asked(const asio::any_io_executor& executor) : resolver(executor) {}

  NameResolver resolver;
  asio::cancellation_signal cancellation;
  error_code error;
  std::vector<std::string> addresses;
  bool ended = false;
};

class NameLookup : public ::testing::Test {
 protected:
  void use_names(std::size_t most = 32) {
    names_ = std::make_unique<TestNames>(most);
    io_.emplace(1);
    names_->answer_for(*io_);
  }
  NameLookup() { use_names(); }

  /// It waits, or has ended, on return.
  std::shared_ptr<Asked> ask(const std::string& host, milliseconds limit = kForEver) {
    return ask_on(*io_, io_->get_executor(), host, limit);
  }
  static std::shared_ptr<Asked> ask_on(asio::io_context& io, const asio::any_io_executor& executor,
                                       const std::string& host, milliseconds limit = kForEver) {
    auto asked = std::make_shared<Asked>(executor);
    const auto ended = [asked](const std::exception_ptr& thrown,
                               const NameResolver::Addresses& addresses) {
      EXPECT_FALSE(thrown);
      for (const auto& one : addresses) asked->addresses.push_back(one.to_string());
      asked->ended = true;
    };
    asio::co_spawn(executor, asked->resolver.resolve(host, limit, asked->error),
                   asio::bind_cancellation_slot(asked->cancellation.slot(), ended));
    io.restart();
    io.poll();
    return asked;
  }
  /// Fails the test if it is not reached in time.
  void run_until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + kTestDeadline;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "hangs";
      io_->restart();
      io_->run_one_for(milliseconds(1));
    }
  }
  void run_until_asked(const std::string& host) {
    run_until([&] { return names_->asked(host) > 0; });
  }
  void run_to_its_end(const std::shared_ptr<Asked>& asked) {
    run_until([&] { return asked->ended; });
  }

  std::unique_ptr<TestNames> names_;
  std::optional<asio::io_context> io_;
};

TEST_F(NameLookup, GivesAllAddressesOfAName) {
  names_->answer("two.example", "192.0.2.1");
  names_->answer("two.example", "2001:db8::1");
  const auto asked = ask("two.example");
  run_to_its_end(asked);
  EXPECT_FALSE(asked->error);
  EXPECT_THAT(asked->addresses, ElementsAre("192.0.2.1", "2001:db8::1"));
}

TEST_F(NameLookup, AnAddressIsNotLookedUp) {
  for (const std::string address : {"192.0.2.1", "2001:db8::1", "::1"}) {
    const auto asked = ask(address);
    run_to_its_end(asked);
    EXPECT_THAT(asked->addresses, ElementsAre(address));
    EXPECT_EQ(names_->asked(address), 0U);
  }
}

TEST_F(NameLookup, OneThatNeverReturnsEndsTheWaitAtItsLimit) {
  const auto asked = ask("stuck.example", milliseconds(20));
  run_to_its_end(asked);
  EXPECT_EQ(asked->error, LookupError::late);
  EXPECT_THAT(asked->error.message(), HasSubstr("no name server has answered in time"));
  EXPECT_THAT(asked->addresses, IsEmpty());
}

TEST_F(NameLookup, ANameIsAnsweredBesideOneThatIsNot) {
  const auto stuck = ask("stuck.example");
  run_until_asked("stuck.example");
  names_->answer("good.example", "192.0.2.1");
  const auto good = ask("good.example");
  run_to_its_end(good);
  EXPECT_THAT(good->addresses, ElementsAre("192.0.2.1"));
  EXPECT_FALSE(stuck->ended);
}

TEST_F(NameLookup, WhoeverAsksForTheSameNameSharesOneLookup) {
  const auto one = ask("shared.example");
  run_until_asked("shared.example");
  const auto other = ask("shared.example");
  const auto impatient = ask("shared.example", milliseconds(5));
  run_to_its_end(impatient);
  EXPECT_EQ(impatient->error, LookupError::late);
  names_->answer("shared.example", "192.0.2.1");
  run_to_its_end(one);
  run_to_its_end(other);
  EXPECT_THAT(one->addresses, ElementsAre("192.0.2.1"));
  EXPECT_THAT(other->addresses, ElementsAre("192.0.2.1"));
  EXPECT_EQ(names_->asked("shared.example"), 1U);
}

TEST_F(NameLookup, OneThatEverybodyHasLeftIsSharedByTheNext) {
  const auto left = ask("shared.example", milliseconds(5));
  run_to_its_end(left);
  const auto next = ask("shared.example");
  run_until_asked("shared.example");
  names_->answer("shared.example", "192.0.2.1");
  run_to_its_end(next);
  EXPECT_THAT(next->addresses, ElementsAre("192.0.2.1"));
  EXPECT_EQ(names_->asked("shared.example"), 1U);
}

TEST_F(NameLookup, ANameThatWasAnsweredIsAskedForAnew) {
  names_->answer("good.example", "192.0.2.1");
  run_to_its_end(ask("good.example"));
  run_to_its_end(ask("good.example"));
  EXPECT_EQ(names_->asked("good.example"), 2U);
}

TEST_F(NameLookup, ContextsShareALookupToo) {
  asio::io_context elsewhere;
  names_->answer_for(elsewhere);
  const auto one = ask("shared.example");
  const auto other = ask_on(elsewhere, asio::make_strand(elsewhere), "shared.example");
  run_until_asked("shared.example");
  names_->answer("shared.example", "192.0.2.1");
  run_to_its_end(one);
  elsewhere.restart();
  elsewhere.run();
  EXPECT_THAT(other->addresses, ElementsAre("192.0.2.1"));
  EXPECT_EQ(names_->asked("shared.example"), 1U);
}

TEST_F(NameLookup, CancelEndsTheWaitAtOnceAndNobodyElses) {
  const auto cancelled = ask("stuck.example");
  const auto other = ask("stuck.example");
  run_until_asked("stuck.example");
  cancelled->resolver.cancel();
  run_to_its_end(cancelled);
  EXPECT_EQ(cancelled->error, asio::error::operation_aborted);
  EXPECT_FALSE(other->ended);
}

TEST_F(NameLookup, TheCoroutinesOwnCancellationEndsTheWaitAtOnce) {
  const auto cancelled = ask("stuck.example");
  run_until_asked("stuck.example");
  cancelled->cancellation.emit(asio::cancellation_type::terminal);
  run_to_its_end(cancelled);
  EXPECT_EQ(cancelled->error, asio::error::operation_aborted);
}

TEST_F(NameLookup, ACancelOfBeforeDoesNotEndTheNextWait) {
  const auto asked = ask("stuck.example");
  run_until_asked("stuck.example");
  asked->resolver.cancel();
  run_to_its_end(asked);
  asked->resolver.cancel();  // nothing waits

  std::optional<NameResolver::Addresses> found;
  asio::co_spawn(*io_, asked->resolver.resolve("stuck.example", kForEver, asked->error),
                 [&](const std::exception_ptr&, NameResolver::Addresses addresses) {
                   found = std::move(addresses);
                 });
  io_->restart();
  io_->poll();
  names_->answer("stuck.example", "192.0.2.1");
  run_until([&] { return found.has_value(); });
  EXPECT_FALSE(asked->error);
  EXPECT_EQ(found->size(), 1U);
}

TEST_F(NameLookup, ErrorsAreThoseOfTheOperatingSystem) {
  names_->answer("nowhere.example", asio::error::host_not_found);
  const auto asked = ask("nowhere.example");
  run_to_its_end(asked);
  EXPECT_EQ(asked->error, asio::error::host_not_found);
}

TEST_F(NameLookup, OneThatThrowsIsAnErrorOfThatName) {
  names_->throw_for("odd.example");
  const auto asked = ask("odd.example");
  run_to_its_end(asked);
  EXPECT_TRUE(asked->error);
  EXPECT_THAT(asked->addresses, IsEmpty());
}

TEST_F(NameLookup, BeyondTheBoundANameIsRefusedUntilOneReturns) {
  use_names(2);
  const auto one = ask("one.example");
  const auto other = ask("other.example");
  run_until_asked("one.example");
  run_until_asked("other.example");
  const auto third = ask("third.example");
  run_to_its_end(third);
  EXPECT_EQ(third->error, LookupError::too_many);
  EXPECT_THAT(third->error.message(), HasSubstr("correct its DNS settings"));
  EXPECT_EQ(names_->asked("third.example"), 0U);
  const auto joins = ask("one.example");
  EXPECT_FALSE(joins->ended) << "it needs no thread of its own";

  names_->answer("one.example", "192.0.2.1");
  names_->answer("third.example", "192.0.2.3");
  run_to_its_end(joins);
  const auto again = ask("third.example");
  run_to_its_end(again);
  EXPECT_THAT(again->addresses, ElementsAre("192.0.2.3"));
}

TEST_F(NameLookup, OneThatReturnsAfterItsContextIsGoneTouchesNothing) {
  auto waits = ask("stuck.example");
  auto waits_on_strand = ask_on(*io_, asio::make_strand(*io_), "stuck.example");
  run_until_asked("stuck.example");
  const std::array of_context{std::weak_ptr(waits), std::weak_ptr(waits_on_strand)};
  waits.reset();
  waits_on_strand.reset();
  io_.reset();
  names_->answer("stuck.example", "192.0.2.1");
  names_->wait_until_none_goes_on();
  for (const auto& one : of_context) EXPECT_TRUE(one.expired()) << "it has gone with its context";
}

// What goes wrong here, the sanitizers tell. A wait that has ended without having been resumed
// stands elsewhere in its context than one that goes on.
TEST_F(NameLookup, OneThatReturnsWhileItsContextGoesTouchesNothing) {
  for (int turn = 0; turn < 200; ++turn) {
    use_names();
    auto waits = ask("stuck.example");
    auto ended = ask("stuck.example");
    run_until_asked("stuck.example");
    ended->cancellation.emit(asio::cancellation_type::terminal);
    waits.reset();
    ended.reset();
    std::atomic<bool> begun = false;
    std::thread answering([&] {
      begun = true;
      names_->answer("stuck.example", "192.0.2.1");
    });
    // Sooner or later than the answer, by some microseconds.
    while (!begun) std::this_thread::yield();
    for (std::atomic<int> spent = 0; spent < turn * 50;) ++spent;
    io_.reset();
    answering.join();
  }
}

TEST_F(NameLookup, TheOperatingSystemKnowsThisMachine) {
  const ThreadsThatStay until_the_lookup_has_ended;
  asio::io_context io;
  const auto asked = ask_on(io, io.get_executor(), "localhost", kTestDeadline);
  io.restart();
  io.run();
  EXPECT_FALSE(asked->error) << asked->error.message();
  EXPECT_THAT(asked->addresses, testing::Contains(testing::AnyOf("127.0.0.1", "::1")));
}

TEST_F(NameLookup, OfANameThatNobodyHasTheWordsArePlain) {
  const ThreadsThatStay until_the_lookup_has_ended;
  asio::io_context io;
  const auto asked = ask_on(io, io.get_executor(), "nowhere.invalid", kTestDeadline);
  io.restart();
  io.run();
  EXPECT_THAT(asked->error.message(), HasSubstr("hosts file"));
  EXPECT_THAT(asked->error.message(), testing::Not(HasSubstr("authoritative")));
}

}  // namespace
}  // namespace icom
