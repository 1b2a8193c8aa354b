#include "gateway/readers/answer_stream.hpp"

#include <array>
#include <stdexcept>

namespace icom::readers {

namespace {

/// Its kind, and how many bytes follow, the highest first.
constexpr std::size_t kHeaderBytes = 5;

void receive_all(os::LocalStream& from, std::span<std::byte> into,
                 std::chrono::milliseconds limit) {
  while (!into.empty()) {
    const std::size_t got = from.read_some(into, limit);
    if (got == 0) {
      throw std::runtime_error(
          "the gateway's answer ended before it was whole: it was stopped, or took longer than ten "
          "minutes; ask for less at once, or again");
    }
    into = into.subspan(got);
  }
}

}  // namespace

void send_piece(os::LocalStream& to, Piece piece, Bytes content) {
  std::array<std::byte, kHeaderBytes> header{static_cast<std::byte>(piece)};
  for (std::size_t i = 1; i < kHeaderBytes; ++i) {
    header[i] = static_cast<std::byte>(content.size() >> (8U * (kHeaderBytes - 1 - i)));
  }
  to.write_all(header, kPeerTime);
  to.write_all(content, kPeerTime);
}

void send_refusal(os::LocalStream& to, const std::string& why, int exit_code) {
  const std::array<std::byte, 1> code{static_cast<std::byte>(exit_code)};
  send_piece(to, Piece::error, as_bytes(why).first(std::min(why.size(), kMostPieceBytes)));
  send_piece(to, Piece::end, code);
}

AnswerOutput::Buffer::Buffer(os::LocalStream& to, Piece piece)
    : to_(to), piece_(piece), waiting_(kMostPieceBytes) {
  setp(waiting_.data(), waiting_.data() + waiting_.size());
}

int AnswerOutput::Buffer::overflow(int next) {
  sync();
  if (next != traits_type::eof()) {
    *pptr() = static_cast<char>(next);
    pbump(1);
  }
  return traits_type::not_eof(next);
}

int AnswerOutput::Buffer::sync() {
  const std::string_view text(pbase(), static_cast<std::size_t>(pptr() - pbase()));
  if (!text.empty()) send_piece(to_, piece_, as_bytes(text));
  setp(waiting_.data(), waiting_.data() + waiting_.size());
  return 0;
}

ReceivedPiece receive_piece(os::LocalStream& from, std::chrono::milliseconds limit) {
  std::array<std::byte, kHeaderBytes> header{};
  receive_all(from, header, limit);
  std::size_t size = 0;
  for (std::size_t i = 1; i < kHeaderBytes; ++i) {
    size = size << 8U | static_cast<std::size_t>(header[i]);
  }
  ReceivedPiece received{static_cast<Piece>(header[0]), {}};
  if (size > kMostPieceBytes) throw std::runtime_error("what answers is no icom-gateway");
  received.content.resize(size);
  receive_all(from, received.content, limit);
  return received;
}

}  // namespace icom::readers
