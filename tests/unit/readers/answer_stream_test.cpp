#include "gateway/readers/answer_stream.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace icom::readers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// The gateway's end and the reader's.
class AnswerStream : public testing::Test {
 protected:
  AnswerStream() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw std::system_error(errno, std::generic_category());
    }
    gateway_.emplace(os::Connection(ends[0]));
    reader_.emplace(os::Connection(ends[1]));
  }
  std::string received_until_end() {
    std::string text;
    for (;;) {
      const ReceivedPiece piece = receive_piece(*reader_, 20s);
      if (piece.piece == Piece::end) return text;
      EXPECT_LE(piece.content.size(), kMostPieceBytes);
      text += as_text(piece.content);
    }
  }
  std::optional<os::LocalStream> gateway_;
  std::optional<os::LocalStream> reader_;
};

TEST_F(AnswerStream, WhatIsPrintedArrivesHoweverLongItIs) {
  std::string printed;
  std::jthread answering([&] {
    AnswerSender sender(*gateway_);
    AnswerOutput output(sender, Piece::output);
    for (int i = 0; i < 100'000; ++i) output.stream() << i << ' ';
    output.stream().flush();
    constexpr std::byte kAll{0};
    send_piece(*gateway_, Piece::end, {&kAll, 1});
  });
  for (int i = 0; i < 100'000; ++i) printed += std::to_string(i) + ' ';
  EXPECT_EQ(received_until_end(), printed);
}

TEST_F(AnswerStream, OneThatIsCutOffIsToldFromAWholeOneAtEachByte) {
  constexpr std::size_t kWhole = 5 + 3;
  for (std::size_t length = 0; length < kWhole; ++length) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    os::LocalStream reader{os::Connection(ends[1])};
    {
      os::LocalStream gateway{os::Connection(ends[0])};
      gateway.write_all(as_bytes(std::string_view("o\0\0\0\3abc", kWhole)).first(length), 20s);
    }
    try {
      receive_piece(reader, 20s);
      FAIL() << length;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("ended before it was whole"));
    }
  }
}

TEST_F(AnswerStream, APieceThatIsLongerThanAnyIsNotWaitedFor) {
  gateway_->write_all(as_bytes(std::string_view("o\xff\xff\xff\xff", 5)), 20s);
  EXPECT_THROW(receive_piece(*reader_, 20s), std::runtime_error);
}

TEST_F(AnswerStream, NoMoreIsWorkedOutForAReaderThatHasGone) {
  reader_.reset();
  AnswerSender sender(*gateway_);
  AnswerOutput output(sender, Piece::output);
  EXPECT_THROW(output.stream() << std::string(kMostPieceBytes + 1, 'a'), std::system_error);
}

TEST_F(AnswerStream, AReaderThatSaysNothingIsWaitedForSoLongAndNoLonger) {
  try {
    receive_piece(*reader_, 10ms);
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::timed_out);
  }
}

TEST_F(AnswerStream, AReaderThatTakesALittleNowAndThenIsWaitedForNoLongerThanOneThatTakesNothing) {
  std::atomic<bool> ended = false;
  std::jthread slow([&] {
    std::array<std::byte, 1024> little{};
    while (!ended) {
      std::this_thread::sleep_for(2ms);
      reader_->read_some(little, 20s);
    }
  });
  AnswerSender sender(*gateway_, 100ms);
  const std::vector<std::byte> piece(4096);  // taken within a tenth of that time
  const auto until = std::chrono::steady_clock::now() + 20s;
  std::error_code error;
  while (!error && std::chrono::steady_clock::now() < until) {
    try {
      sender.send(Piece::output, piece);
    } catch (const std::system_error& thrown) {
      error = thrown.code();
    }
  }
  ended = true;
  EXPECT_EQ(error, std::errc::timed_out);
  EXPECT_TRUE(sender.has_lost_reader());
  gateway_.reset();  // the slow one may wait for more
}

TEST_F(AnswerStream, NothingIsPutIntoAPieceThatWasCut) {
  AnswerSender sender(*gateway_, 1ms);
  const std::string much(std::size_t{64} << 20U, 'a');
  try {
    send_answer(sender, [&](std::ostream& out, std::ostream&) {
      out << much;
      return true;
    });
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::timed_out);
  }
  std::vector<std::byte> got(kMostPieceBytes);
  const auto take_all = [&] {
    for (;;) reader_->read_some(got, 10ms);
  };
  EXPECT_THROW(take_all(), std::system_error) << "there is room for more now";
  EXPECT_THROW(sender.refuse("a reason", 1), std::system_error);
  gateway_.reset();
  EXPECT_EQ(reader_->read_some(got, 20s), 0U);
}

TEST_F(AnswerStream, WhatTheWorkThrowsIsWhyThereIsNoAnswer) {
  const auto refusal = [&](const AnswerWork& work) {
    AnswerSender sender(*gateway_);
    send_answer(sender, work);
    const ReceivedPiece why = receive_piece(*reader_, 20s);
    const ReceivedPiece end = receive_piece(*reader_, 20s);
    return std::to_string(static_cast<int>(end.content.at(0))) + ' ' +
           std::string(as_text(why.content));
  };
  EXPECT_EQ(refusal([](auto&, auto&) -> bool { throw std::runtime_error("a fault"); }),
            "1 a fault");
  EXPECT_EQ(refusal([](auto&, auto&) -> bool { throw std::invalid_argument("no"); }), "2 no");
  EXPECT_THAT(refusal([](auto&, auto&) -> bool { throw std::bad_alloc(); }),
              HasSubstr("narrow it with --since, --until or --linac, or with --site where the "
                        "command has that"));
}

TEST_F(AnswerStream, APieceThatComesByteByByteIsWaitedForSoLongAndNoLonger) {
  std::atomic<bool> ended = false;
  std::jthread drips([&] {
    gateway_->write_all(as_bytes(std::string_view("o\0\0\2\0", 5)), 20s);
    while (!ended) {
      gateway_->write_all(as_bytes("a"), 20s);
      std::this_thread::sleep_for(5ms);
    }
  });
  EXPECT_THROW(receive_piece(*reader_, 100ms), std::system_error);
  ended = true;
}

TEST_F(AnswerStream, ARefusalIsAReasonAndAnExitCode) {
  send_refusal(*gateway_, "too many", 1);
  EXPECT_EQ(as_text(receive_piece(*reader_, 20s).content), "too many");
  const ReceivedPiece end = receive_piece(*reader_, 20s);
  EXPECT_EQ(end.piece, Piece::end);
  EXPECT_EQ(end.content, std::vector<std::byte>{std::byte{1}});
}

}  // namespace
}  // namespace icom::readers
