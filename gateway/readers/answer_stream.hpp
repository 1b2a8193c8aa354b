// An answer on its way from the gateway to a reader: what is printed, in pieces, and how it ended.
// docs/protocol.md, "Readers".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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
/// For a reader that takes what it is sent, and for a gateway that listens.
inline constexpr std::chrono::seconds kPeerTime{30};
/// For a whole answer.
inline constexpr std::chrono::seconds kAnswerTime{600};

/// Throws std::system_error where the reader is gone, or takes nothing for kPeerTime.
void send_piece(os::LocalStream& to, Piece piece, Bytes content);
/// An answer that has only this.
void send_refusal(os::LocalStream& to, const std::string& why, int exit_code);

/// What is written to it goes to the reader in pieces of one kind, kMostPieceBytes at a time.
/// Throws what send_piece() throws, so that no more is worked out for nobody.
class AnswerOutput {
 public:
  /// `to` outlives it.
  AnswerOutput(os::LocalStream& to, Piece piece) : buffer_(to, piece), stream_(&buffer_) {
    stream_.exceptions(std::ios::badbit);
  }
  std::ostream& stream() { return stream_; }

 private:
  class Buffer : public std::streambuf {
   public:
    Buffer(os::LocalStream& to, Piece piece);

   private:
    int overflow(int next) override;
    int sync() override;

    os::LocalStream& to_;
    const Piece piece_;
    std::vector<char> waiting_;
  };

  Buffer buffer_;
  std::ostream stream_;
};

/// At the other end. Throws std::system_error, and std::runtime_error where what comes is no
/// answer or ends too early.
struct ReceivedPiece {
  Piece piece = Piece::end;
  std::vector<std::byte> content;
};
ReceivedPiece receive_piece(os::LocalStream& from, std::chrono::milliseconds limit);

}  // namespace icom::readers
