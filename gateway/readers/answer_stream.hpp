// An answer on its way from the gateway to a reader: what is printed, in pieces, and how it ended.
// docs/protocol.md, "Readers".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include "common/os/local_socket.hpp"

namespace icom::readers {

/// What a piece of it is.
enum class Piece : char {
  begun = 'b',    ///< the question is understood and being answered; no content
  output = 'o',   ///< what the command prints
  problem = 'p',  ///< what it prints on the standard error: what is missing from the output
  error = 'e',    ///< a sentence: why there is no answer
  end = 'x',      ///< one byte, the exit code; nothing comes after it
};

/// Of one piece's content.
inline constexpr std::size_t kMostPieceBytes = std::size_t{64} << 10U;
/// For a reader, which is waited for no longer in all of one answer: the answer may hold a snapshot
/// of the store. And for a gateway that listens.
inline constexpr std::chrono::seconds kPeerTime{30};
/// For a question, which its reader has before it connects.
inline constexpr std::chrono::seconds kQuestionTime{5};
/// For a whole answer.
inline constexpr std::chrono::seconds kAnswerTime{600};

/// Sends one answer, piece by piece.
class AnswerSender {
 public:
  /// `to` outlives it. The reader is waited for `patience` at most, all pieces together: one that
  /// takes a little now and then is not waited for longer than one that takes nothing.
  explicit AnswerSender(os::LocalStream& to, std::chrono::nanoseconds patience = kPeerTime)
      : to_(to), patience_(patience) {}
  /// Throws std::system_error where the reader is gone, or was waited for so long. From then on
  /// nothing goes out any more: what follows would be read as the rest of a piece that was cut.
  void send(Piece piece, Bytes content);
  /// An answer that has no more than this.
  void refuse(const std::string& why, int exit_code);
  [[nodiscard]] bool has_lost_reader() const { return lost_; }

 private:
  os::LocalStream& to_;
  std::chrono::nanoseconds patience_;
  bool lost_ = false;
};

/// One piece, or one refusal, and nothing else.
void send_piece(os::LocalStream& to, Piece piece, Bytes content);
void send_refusal(os::LocalStream& to, const std::string& why, int exit_code);

/// What `work` prints, after which the answer is over. `work` says whether that is whole; what it
/// throws is the reader's to know. Throws std::system_error where the reader is lost.
using AnswerWork = std::function<bool(std::ostream& out, std::ostream& problems)>;
void send_answer(AnswerSender& to, const AnswerWork& work);

/// What is written to it goes to the reader in pieces of one kind, kMostPieceBytes at a time.
/// Throws what send() throws, so that no more is worked out for nobody.
class AnswerOutput {
 public:
  /// `to` outlives it.
  AnswerOutput(AnswerSender& to, Piece piece) : buffer_(to, piece), stream_(&buffer_) {
    stream_.exceptions(std::ios::badbit);
  }
  std::ostream& stream() { return stream_; }

 private:
  class Buffer : public std::streambuf {
   public:
    Buffer(AnswerSender& to, Piece piece);

   private:
    int overflow(int next) override;
    int sync() override;

    AnswerSender& to_;
    const Piece piece_;
    std::vector<char> waiting_;
  };

  Buffer buffer_;
  std::ostream stream_;
};

/// At the other end.
struct ReceivedPiece {
  Piece piece = Piece::end;
  std::vector<std::byte> content;
};
/// Comes whole within `limit`. Throws std::system_error, and std::runtime_error where what comes is
/// no answer or ends too early.
ReceivedPiece receive_piece(os::LocalStream& from, std::chrono::milliseconds limit);

}  // namespace icom::readers
