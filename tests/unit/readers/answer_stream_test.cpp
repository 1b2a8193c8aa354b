#include "gateway/readers/answer_stream.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
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
    gateway_.emplace(os::Descriptor(ends[0]));
    reader_.emplace(os::Descriptor(ends[1]));
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
    AnswerOutput output(*gateway_, Piece::output);
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
    os::LocalStream reader{os::Descriptor(ends[1])};
    {
      os::LocalStream gateway{os::Descriptor(ends[0])};
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
  AnswerOutput output(*gateway_, Piece::output);
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

TEST_F(AnswerStream, ARefusalIsAReasonAndAnExitCode) {
  send_refusal(*gateway_, "too many", 1);
  EXPECT_EQ(as_text(receive_piece(*reader_, 20s).content), "too many");
  const ReceivedPiece end = receive_piece(*reader_, 20s);
  EXPECT_EQ(end.piece, Piece::end);
  EXPECT_EQ(end.content, std::vector<std::byte>{std::byte{1}});
}

}  // namespace
}  // namespace icom::readers
