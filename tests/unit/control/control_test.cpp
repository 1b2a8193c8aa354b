// The control channel, between a program that answers and one that asks.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/control/client.hpp"
#include "common/control/drain.hpp"
#include "common/control/program_answers.hpp"
#include "common/control/server.hpp"
#include "common/os/process.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::control {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Kind = Reply::Kind;

constexpr std::chrono::seconds kDeadline{20};

class ControlTest : public ::testing::Test {
 protected:
  ControlTest() : server_(std::make_unique<Server>(io_.get_executor(), socket_)) {}
  ~ControlTest() override { server_.reset(); }

  /// As a program that has something to do in each case.
  ProgramAnswers program() {
    ProgramAnswers about;
    about.trouble = [this] { return trouble_; };
    about.status = [] { return std::string("{\n  \"pid\": 4711\n}\n"); };
    about.stop = [this] { events_.emplace_back("stop"); };
    about.reload = [this] { return reload_fault_; };
    about.replace = [this](const std::string& argument) {
      events_.push_back("replace '" + argument + "'");
      return std::string();
    };
    return about;
  }
  void open() {
    answer_for(*server_, program());
    server_->open();
  }
  void run_until(const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up);
      io_.run_one_for(milliseconds(50));
      io_.restart();
    }
  }
  Reply ask_for(std::string request, std::string_view expected, milliseconds within = kDeadline) {
    std::optional<Reply> reply;
    asio::co_spawn(io_, ask(socket_, std::move(request), expected, within),
                   [&](const std::exception_ptr& thrown, Reply got) {
                     EXPECT_FALSE(thrown);
                     reply = std::move(got);
                   });
    run_until([&] { return reply.has_value(); });
    return reply.value_or(Reply{});
  }

  os::TemporaryDirectory folder_;
  std::filesystem::path socket_ = folder_.path() / "program.sock";
  asio::io_context io_{1};
  std::unique_ptr<Server> server_;
  std::string trouble_;
  std::string reload_fault_;
  std::vector<std::string> events_;
};

TEST_F(ControlTest, EachRequestIsAnsweredByItsWord) {
  open();
  EXPECT_TRUE(ask_for("alive", kAlive).answered());
  trouble_ = "the disk\nis full";
  EXPECT_EQ(ask_for("alive", kAlive).text, "the disk is full");
  EXPECT_EQ(ask_for("status", kStatus).text, "{   \"pid\": 4711 } ");
  EXPECT_EQ(process_in(ask_for("stop", kStopping)), os::process_id());
  EXPECT_TRUE(ask_for("reload", kReloaded).answered());
  EXPECT_EQ(process_in(ask_for("replace cut-clients", kReplacing)), os::process_id());
  EXPECT_THAT(events_, ::testing::ElementsAre("stop", "replace 'cut-clients'"));
}

TEST_F(ControlTest, WhyARequestIsNotHeededIsSaid) {
  reload_fault_ = "site.yaml:4: expected a port\nand more";
  open();
  const auto reply = ask_for("reload", kReloaded);
  EXPECT_EQ(reply.kind, Kind::refused);
  EXPECT_EQ(reply.why(), "site.yaml:4: expected a port and more");
}

TEST_F(ControlTest, AnotherWordIsRefusedWithThoseThatThereAre) {
  open();
  for (const char* word : {"shut-down", "", "stopp", "stop\tnow", "STOP"}) {
    const auto reply = ask_for(word, kStopping);
    EXPECT_EQ(reply.kind, Kind::refused) << word;
    EXPECT_THAT(reply.why(), HasSubstr("alive, status, stop, reload, replace")) << word;
  }
  EXPECT_TRUE(events_.empty());
}

TEST_F(ControlTest, APlaceWhereNobodyAnswersIsToldFromAProgramThatDoesNotAnswer) {
  EXPECT_EQ(ask_for("alive", kAlive).kind, Kind::not_there);
  auto silent = open_channel(io_.get_executor(), socket_);
  EXPECT_EQ(ask_for("alive", kAlive, milliseconds(30)).kind, Kind::silent);
}

TEST_F(ControlTest, ALineThatIsTooLongEndsTheConversation) {
  open();
  EXPECT_EQ(ask_for(std::string(2 * kMaxLine, 'a'), kAlive).kind, Kind::not_there);
  EXPECT_TRUE(ask_for("alive", kAlive).answered());
}

TEST_F(ControlTest, ThoseWhoSayNothingKeepOnlyTheirOwnPlacesAndOnlyForAWhile) {
  open();
  std::vector<Channel> silent;
  for (std::size_t i = 0; i < kMostCalls; ++i) {
    silent.emplace_back(io_);
    ASSERT_FALSE(connect_channel(silent.back(), socket_));
  }
  // All places are taken: this one is closed without a word.
  EXPECT_EQ(ask_for("alive", kAlive).kind, Kind::not_there);
  silent.clear();
  run_until([this] { return ask_for("alive", kAlive).answered(); });
}

TEST_F(ControlTest, OthersThanThisAccountMayNotConnect) {
  open();
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(socket_).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(ControlTest, ASocketThatIsRemovedIsMadeAnew) {
  open();
  std::filesystem::remove(socket_);
  EXPECT_EQ(ask_for("alive", kAlive).kind, Kind::not_there);
  server_->look_after_place();
  EXPECT_TRUE(ask_for("alive", kAlive).answered());
}

TEST_F(ControlTest, ASocketThatIsReplacedByADeadOneIsMadeAnew) {
  open();
  {
    const Acceptor dead = open_channel(io_.get_executor(), socket_);
    EXPECT_TRUE(ask_for("alive", kAlive, milliseconds(10)).kind == Kind::silent);
    server_->look_after_place();
    EXPECT_TRUE(ask_for("alive", kAlive, milliseconds(10)).kind == Kind::silent)
        << "somebody is there: it may have taken over";
  }
  EXPECT_EQ(ask_for("alive", kAlive).kind, Kind::not_there);
  server_->look_after_place();
  EXPECT_TRUE(ask_for("alive", kAlive).answered());
}

TEST_F(ControlTest, TheSocketOfADeadProgramIsNotTakenForItsOwn) {
  std::filesystem::create_directories(socket_ / "in the way");
  server_->open();
  std::filesystem::remove_all(socket_);
  { const Acceptor dead = open_channel(io_.get_executor(), socket_); }
  answer_for(*server_, program());
  server_->look_after_place();
  EXPECT_TRUE(ask_for("alive", kAlive).answered());
}

TEST_F(ControlTest, AnAnswerThatFailsGivesItsPlaceBack) {
  server_->answers("fail", [](Call&) -> awaitable<void> {
    throw std::runtime_error("no memory");
    co_return;
  });
  open();
  for (std::size_t i = 0; i <= kMostCalls; ++i) {
    EXPECT_EQ(ask_for("fail", "failed").kind, Kind::not_there);
  }
  EXPECT_TRUE(ask_for("alive", kAlive).answered());
}

TEST_F(ControlTest, WhoAsksOneThatTakesNobodyDoesNotWaitForThat) {
  boost::asio::local::stream_protocol::acceptor full(io_);
  full.open();
  full.bind(socket_.string());
  full.listen(1);
  std::vector<Channel> waiting;
  boost::system::error_code error;
  while (!error && waiting.size() < 10) {
    waiting.emplace_back(io_);
    error = connect_channel(waiting.back(), socket_);
  }
  EXPECT_EQ(error, boost::system::errc::resource_unavailable_try_again);
  EXPECT_EQ(ask_for("alive", kAlive).kind, Kind::silent);
}

TEST_F(ControlTest, AProgramThatEndsLetsNobodyIn) {
  open();
  server_->close();
  EXPECT_EQ(ask_for("alive", kAlive).kind, Kind::not_there);
  std::filesystem::remove(socket_);
  server_->look_after_place();
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(ControlTest, ThePathMayBeOfAnyLength) {
  const auto deep = folder_.path() / std::string(200, 'd');
  std::filesystem::create_directory(deep);
  socket_ = deep / "program.sock";
  server_ = std::make_unique<Server>(io_.get_executor(), socket_);
  open();
  EXPECT_TRUE(ask_for("alive", kAlive).answered());
}

/// A drain in which a beam goes on until the test says otherwise.
class DrainTalk : public ControlTest {
 protected:
  DrainTalk() {
    server_->answers(kDrain, [this](Call& call) {
      return drain(
          call,
          [this](milliseconds left) -> std::optional<DrainState> {
            if (gone_) return std::nullopt;
            if (!beam_) return DrainState{true, "no beam is on"};
            if (left.count() <= 0) return DrainState{true, "it is late"};
            return DrainState{false, "a beam"};
          },
          [this] { events_.emplace_back("leave"); }, [this] { events_.emplace_back("stay"); });
    });
    server_->open();
  }
  /// The next line; empty at the end.
  std::string hear(Channel& channel) {
    std::optional<std::string> heard;
    std::string line;
    asio::co_spawn(
        io_, read_line(channel, line, kDeadline),
        [&](const std::exception_ptr&, bool there) { heard = there ? line : std::string(); });
    run_until([&] { return heard.has_value(); });
    return heard.value_or("");
  }
  void say(Channel& channel, const std::string& line) {
    ASSERT_FALSE(connect_channel(channel, socket_));
    asio::write(channel, asio::buffer(line + "\n"));
  }

  bool beam_ = true;
  bool gone_ = false;
};

TEST_F(DrainTalk, ItWaitsThenLeaves) {
  Channel channel(io_);
  say(channel, "drain 60000");
  EXPECT_EQ(hear(channel), "waiting a beam");
  beam_ = false;
  std::string line;
  while ((line = hear(channel)) == "waiting a beam") continue;
  EXPECT_EQ(line, "leaving no beam is on");
  run_until([this] { return !events_.empty(); });
  EXPECT_EQ(events_.front(), "leave");
}

TEST_F(DrainTalk, AtItsLimitItLeaves) {
  Channel channel(io_);
  say(channel, "drain 0");
  EXPECT_EQ(hear(channel), "leaving it is late");
}

TEST_F(DrainTalk, WhoHangsUpHasChangedHisMind) {
  {
    Channel channel(io_);
    say(channel, "drain 60000");
    EXPECT_EQ(hear(channel), "waiting a beam");
  }
  run_until([this] { return !events_.empty(); });
  EXPECT_EQ(events_.front(), "stay");
}

TEST_F(DrainTalk, NobodyLeavesForOneWhoHasHungUpByThen) {
  {
    Channel channel(io_);
    say(channel, "drain 60000");
    EXPECT_EQ(hear(channel), "waiting a beam");
    beam_ = false;
  }
  run_until([this] { return !events_.empty(); });
  EXPECT_EQ(events_.front(), "stay");
}

TEST_F(DrainTalk, WithoutANumberItIsRefused) {
  for (const char* request :
       {"drain", "drain soon", "drain -1", "drain 5 s", "drain 99999999999"}) {
    EXPECT_EQ(ask_for(request, kLeaving).why(), "expected 'drain MILLISECONDS'") << request;
  }
}

TEST_F(DrainTalk, WhereThereIsNothingToLeaveTheConversationEnds) {
  gone_ = true;
  EXPECT_EQ(ask_for("drain 1000", kLeaving).kind, Kind::not_there);
  EXPECT_TRUE(events_.empty());
}

}  // namespace
}  // namespace icom::control
