#include "gateway/readers/ask_gateway.hpp"

#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "gateway/readers/answer_stream.hpp"

namespace icom::readers {

namespace {

/// After its own limit the gateway has said that it has passed.
constexpr std::chrono::seconds kLongestSilence = kAnswerTime + kPeerTime;

std::string cannot_ask(const std::filesystem::path& socket, const std::system_error& error) {
  const std::string what =
      "this account may not open the store, and cannot ask the gateway at " + socket.string();
  if (error.code() == std::errc::permission_denied) {
    return what + " (" + error.code().message() +
           "): an administrator can make it a reader: usermod -aG icom-readers ACCOUNT, or the "
           "group that `readers` in gateway.yaml names; it counts from the next login on";
  }
  return what + " (" + error.code().message() +
         "): the gateway does not run, or serves no readers; its log says why: journalctl -u "
         "icom-gateway";
}

os::LocalStream connect(const std::filesystem::path& socket) {
  try {
    return os::connect_local(socket, kPeerTime);
  } catch (const std::system_error& error) {
    throw std::runtime_error(cannot_ask(socket, error));
  }
}

std::string text_of(const ReceivedPiece& piece) {
  return std::string(as_text(piece.content));
}

/// Of the last piece.
bool finish(const ReceivedPiece& end, const std::string& error) {
  const int code = end.content.empty() ? 1 : static_cast<int>(end.content[0]);
  if (code == 0) return true;
  if (error.empty()) return false;
  if (code == 2) throw std::invalid_argument(error);
  throw std::runtime_error(error);
}

bool take_answer(os::LocalStream& gateway, std::ostream& out, std::ostream& problems) {
  std::string error;
  std::chrono::milliseconds limit = kPeerTime;
  for (;;) {
    const ReceivedPiece received = receive_piece(gateway, limit);
    limit = kLongestSilence;
    switch (received.piece) {
      case Piece::begun:
        break;
      case Piece::output:
        out << as_text(received.content);
        if (!out) return false;  // which the caller says
        break;
      case Piece::problem:
        problems << as_text(received.content);
        break;
      case Piece::error:
        error = text_of(received);
        break;
      case Piece::end:
        return finish(received, error);
      default:
        throw std::runtime_error("what answers is no icom-gateway of this version");
    }
  }
}

}  // namespace

bool ask_gateway(const std::filesystem::path& socket, const ReaderRequest& request,
                 std::ostream& out, std::ostream& problems) {
  const std::string line = request_line(request);
  os::LocalStream gateway = connect(socket);
  try {
    gateway.write_all(as_bytes(line), kPeerTime);
  } catch (const std::system_error&) {
    // Whoever refuses has said why before it hung up.
  }
  try {
    return take_answer(gateway, out, problems);
  } catch (const std::system_error& error) {
    throw std::runtime_error("the gateway at " + socket.string() + " does not answer (" +
                             error.code().message() + "): try again");
  }
}

}  // namespace icom::readers
