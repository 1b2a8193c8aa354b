#include "gateway/readers/ask_gateway.hpp"

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "common/config/gateway_settings.hpp"
#include "gateway/readers/answer_spool.hpp"
#include "gateway/readers/answer_stream.hpp"

namespace icom::readers {

namespace {

/// After its own limit the gateway has said that it has passed.
constexpr std::chrono::seconds kLongestAnswer = kAnswerTime + kPeerTime;

std::string cannot_ask(const std::filesystem::path& socket, const std::system_error& error) {
  const std::string what =
      "this account may not open the store, and cannot ask the gateway at " + socket.string();
  if (error.code() == std::errc::permission_denied) {
    return what + " (" + error.code().message() +
           "): an administrator can make it a reader: usermod -aG " + config::kUsualReaders +
           " ACCOUNT, or the "
           "group that `readers` in gateway.yaml names; it counts from the next login on";
  }
  if (error.code() == std::errc::timed_out) {
    return what + ": it is busy, and lets nobody in; try again later";
  }
  return what + " (" + error.code().message() +
         "): the gateway does not run, or serves no readers; its log says why: journalctl -u "
         "icom-gateway";
}

os::LocalStream connect(const std::filesystem::path& socket, std::chrono::milliseconds limit) {
  try {
    return os::connect_local(socket, limit);
  } catch (const os::NotBelieved& error) {
    throw std::runtime_error(
        std::string("this account may not open the store, and does not ask the gateway: ") +
        error.what() + "; an administrator should look who that is");
  } catch (const std::system_error& error) {
    throw std::runtime_error(cannot_ask(socket, error));
  }
}

std::filesystem::path folder_for_files() {
  std::error_code none;
  const auto folder = std::filesystem::temp_directory_path(none);
  return none ? "/tmp" : folder;  // a short answer needs none
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

/// What it prints goes to `out`.
bool take_answer(os::LocalStream& gateway, AnswerSpool& out, std::ostream& problems) {
  using Clock = std::chrono::steady_clock;
  std::string error;
  auto until = Clock::now() + kPeerTime;
  for (;;) {
    const ReceivedPiece received =
        receive_piece(gateway, std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()));
    switch (received.piece) {
      case Piece::begun:
        until = Clock::now() + kLongestAnswer;
        break;
      case Piece::output:
        out.add(received.content);
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
                 std::ostream& out, std::ostream& problems,
                 std::chrono::milliseconds to_be_let_in) {
  const std::string line = request_line(request);
  os::LocalStream gateway = connect(socket, to_be_let_in);
  try {
    gateway.write_all(as_bytes(line), kPeerTime);
  } catch (const std::system_error&) {
    // Whoever refuses has said why before it hung up.
  }
  AnswerSpool spool(folder_for_files());
  bool is_whole = false;
  try {
    is_whole = take_answer(gateway, spool, problems);
  } catch (const std::system_error& error) {
    throw std::runtime_error("the gateway at " + socket.string() + " does not answer (" +
                             error.code().message() + "): try again");
  }
  spool.print(out);
  return is_whole;
}

}  // namespace icom::readers
