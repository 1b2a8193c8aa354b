#include "gateway/readers/ask_gateway.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <future>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gateway/readers/answer_spool.hpp"
#include "gateway/readers/answer_stream.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::readers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Asks a gateway that answers as a test says.
class AskGateway : public testing::Test {
 protected:
  using Answer = std::function<void(os::LocalStream&)>;
  bool ask(const Answer& answer) {
    os::LocalListener listener(socket_, ::getegid());
    std::jthread gateway([&] {
      auto reader = listener.accept(20s);
      if (!reader) return;
      std::array<std::byte, kMostRequestBytes> request{};
      reader->read_some(request, 20s);
      answer(*reader);
    });
    return ask_gateway(socket_, {.question = Question::frames}, out_, problems_);
  }
  std::string failure(const Answer& answer) {
    try {
      ask(answer);
      return "nothing";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  static void end(os::LocalStream& reader, std::byte code) {
    send_piece(reader, Piece::end, {&code, 1});
  }

  os::TemporaryDirectory folder_;
  const std::filesystem::path socket_ = folder_.path() / "readers.sock";
  std::ostringstream out_;
  std::ostringstream problems_;
};

TEST_F(AskGateway, WhatIsPrintedComesInItsOrder) {
  EXPECT_TRUE(ask([](os::LocalStream& reader) {
    send_piece(reader, Piece::begun, {});
    send_piece(reader, Piece::output, as_bytes("one, "));
    send_piece(reader, Piece::output, as_bytes("two"));
    end(reader, std::byte{0});
  }));
  EXPECT_EQ(out_.str(), "one, two");
  EXPECT_EQ(problems_.str(), "");
}

TEST_F(AskGateway, OneThatLacksSomethingIsNotWhole) {
  EXPECT_FALSE(ask([](os::LocalStream& reader) {
    send_piece(reader, Piece::begun, {});
    send_piece(reader, Piece::output, as_bytes("a frame"));
    send_piece(reader, Piece::problem, as_bytes("a Linac's are damaged"));
    end(reader, std::byte{1});
  }));
  EXPECT_EQ(out_.str(), "a frame");
  EXPECT_EQ(problems_.str(), "a Linac's are damaged");
}

TEST_F(AskGateway, WhyThereIsNoneIsSaid) {
  EXPECT_EQ(failure([](os::LocalStream& reader) { send_refusal(reader, "no such record", 1); }),
            "no such record");
  EXPECT_THROW(ask([](os::LocalStream& reader) { send_refusal(reader, "no question", 2); }),
               std::invalid_argument);
}

TEST_F(AskGateway, OneThatEndsEarlyIsNoAnswer) {
  EXPECT_THAT(failure([](os::LocalStream& reader) {
                send_piece(reader, Piece::begun, {});
                send_piece(reader, Piece::output, as_bytes("half"));
              }),
              HasSubstr("ended before it was whole"));
  EXPECT_EQ(out_.str(), "") << "nothing of it is printed";
  EXPECT_NE(failure([](os::LocalStream&) {}), "nothing");
}

/// Takes nothing until it is let.
class Blocked : public std::stringbuf {
 public:
  std::promise<void> let;

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    if (future_.valid()) future_.get();
    return std::stringbuf::xsputn(text, size);
  }

 private:
  std::future<void> future_ = let.get_future();
};

TEST_F(AskGateway, AnAnswerIsTakenWhateverTheOutputDoes) {
  const std::string piece(kMostPieceBytes, 'a');
  constexpr std::size_t kPieces = 3 * AnswerSpool::kMostInMemory / kMostPieceBytes;
  Blocked blocked;
  std::ostream out(&blocked);
  os::LocalListener listener(socket_, ::getegid());
  std::jthread gateway([&] {
    auto reader = listener.accept(20s);
    std::array<std::byte, kMostRequestBytes> request{};
    reader->read_some(request, 20s);
    AnswerSender sender(*reader, 20s);
    try {
      for (std::size_t i = 0; i < kPieces; ++i) sender.send(Piece::output, as_bytes(piece));
      constexpr std::byte kAll{0};
      sender.send(Piece::end, {&kAll, 1});
    } catch (const std::system_error&) {
      // Which has_lost_reader() says.
    }
    EXPECT_FALSE(sender.has_lost_reader());
    blocked.let.set_value();
  });
  EXPECT_TRUE(ask_gateway(socket_, {}, out, problems_));
  EXPECT_EQ(blocked.str().size(), kPieces * kMostPieceBytes);
}

TEST_F(AskGateway, WithoutRoomForTheAnswerWhatToDoIsSaid) {
  AnswerSpool spool(folder_.path() / "none");
  try {
    spool.add(std::vector<std::byte>(AnswerSpool::kMostInMemory + 1));
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("set TMPDIR"));
  }
}

TEST_F(AskGateway, OneThatLetsNobodyInIsBusy) {
  os::LocalListener listener(socket_, ::getegid());
  std::vector<os::LocalStream> waiting;
  EXPECT_THROW(
      {
        for (int i = 0; i < 100; ++i) waiting.push_back(os::connect_local(socket_, 10ms));
      },
      std::system_error);
  try {
    ask_gateway(socket_, {}, out_, problems_, 10ms);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("busy"));
  }
}

TEST_F(AskGateway, WithoutAGatewayWhatToDoIsSaid) {
  try {
    ask_gateway(socket_, {}, out_, problems_);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the gateway does not run, or serves no readers"));
  }
}

}  // namespace
}  // namespace icom::readers
