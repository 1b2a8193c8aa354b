#include "gateway/readers/answer_stream.hpp"

#include <array>
#include <exception>
#include <new>
#include <stdexcept>

namespace icom::readers {

namespace {

/// Its kind, and how many bytes follow, the highest first.
constexpr std::size_t kHeaderBytes = 5;
constexpr int kNoAnswerCode = 1;
constexpr int kWrongRequestCode = 2;

void receive_all(os::LocalStream& from, std::span<std::byte> into,
                 std::chrono::steady_clock::time_point until) {
  while (!into.empty()) {
    const auto left = until - std::chrono::steady_clock::now();
    const std::size_t got =
        from.read_some(into, std::chrono::ceil<std::chrono::milliseconds>(left));
    if (got == 0) {
      throw std::runtime_error(
          "the gateway's answer ended before it was whole: it was stopped, or it took longer than "
          "ten minutes, or it was taken too slowly; ask for less at once, or again");
    }
    into = into.subspan(got);
  }
}

}  // namespace

void AnswerSender::send(Piece piece, Bytes content) {
  if (lost_) {
    throw std::system_error(std::make_error_code(std::errc::broken_pipe), "the reader is lost");
  }
  std::array<std::byte, kHeaderBytes> header{static_cast<std::byte>(piece)};
  for (std::size_t i = 1; i < kHeaderBytes; ++i) {
    header[i] = static_cast<std::byte>(content.size() >> (8U * (kHeaderBytes - 1 - i)));
  }
  try {
    patience_ -= to_.write_all(header, patience_);
    patience_ -= to_.write_all(content, patience_);
  } catch (...) {
    lost_ = true;
    throw;
  }
}

void AnswerSender::refuse(const std::string& why, int exit_code) {
  const std::array<std::byte, 1> code{static_cast<std::byte>(exit_code)};
  send(Piece::error, as_bytes(why).first(std::min(why.size(), kMostPieceBytes)));
  send(Piece::end, code);
}

void send_piece(os::LocalStream& to, Piece piece, Bytes content) {
  AnswerSender(to).send(piece, content);
}

void send_refusal(os::LocalStream& to, const std::string& why, int exit_code) {
  AnswerSender(to).refuse(why, exit_code);
}

void send_answer(AnswerSender& to, const AnswerWork& work) {
  bool is_whole = false;
  try {
    AnswerOutput output(to, Piece::output);
    AnswerOutput problems(to, Piece::problem);
    is_whole = work(output.stream(), problems.stream());
    output.stream().flush();
    problems.stream().flush();
  } catch (const std::invalid_argument& error) {
    return to.refuse(error.what(), kWrongRequestCode);
  } catch (const std::bad_alloc&) {
    return to.refuse(
        "this is too much to be answered at once: narrow it with --since, --until or --linac, or "
        "with --site where the command has that",
        kNoAnswerCode);
  } catch (const std::exception& error) {
    if (to.has_lost_reader()) throw;
    return to.refuse(error.what(), kNoAnswerCode);
  }
  const std::byte exit_code{static_cast<unsigned char>(is_whole ? 0 : kNoAnswerCode)};
  to.send(Piece::end, {&exit_code, 1});
}

AnswerOutput::Buffer::Buffer(AnswerSender& to, Piece piece)
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
  if (!text.empty()) to_.send(piece_, as_bytes(text));
  setp(waiting_.data(), waiting_.data() + waiting_.size());
  return 0;
}

ReceivedPiece receive_piece(os::LocalStream& from, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::array<std::byte, kHeaderBytes> header{};
  receive_all(from, header, until);
  std::size_t size = 0;
  for (std::size_t i = 1; i < kHeaderBytes; ++i) {
    size = size << 8U | static_cast<std::size_t>(header[i]);
  }
  ReceivedPiece received{static_cast<Piece>(header[0]), {}};
  if (size > kMostPieceBytes) throw std::runtime_error("what answers is no icom-gateway");
  received.content.resize(size);
  receive_all(from, received.content, until);
  return received;
}

}  // namespace icom::readers
