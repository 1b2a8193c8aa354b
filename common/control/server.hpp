// The end of a control channel that a program answers at.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/control/channel.hpp"

namespace icom::control {

/// One request.
struct Call {
  std::string argument;  ///< what follows the word; empty if nothing does
  Channel& channel;      ///< where the answer goes; closed once the answer has returned
};

/// Answers one request; may go on for as long as the peer stays. Must not throw.
using Answer = std::function<boost::asio::awaitable<void>(Call& call)>;

/// At most this many are answered at once. The next ones are closed without a word.
inline constexpr std::size_t kMostCalls = 16;

/// Answers this account and root at one socket. All on one executor, but for what says otherwise.
/// Answers that are under way go on after the end of this object, until the executor runs no more:
/// what they use must outlive that.
class Server {
 public:
  /// `socket`: the channel's place.
  Server(const boost::asio::any_io_executor& executor, std::filesystem::path socket);
  /// As close().
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Before open(). A request of another word is answered with an error that names all of these.
  void answers(std::string_view word, Answer answer);
  /// Where the socket cannot be made that is logged, and nobody can ask: the program's work is what
  /// matters. It is tried again by look_after_place().
  void open();
  /// Nobody is let in any more.
  void close();
  /// To be called once in a while, from any one thread; may wait for the disk. Where the socket's
  /// file is gone, with its folder or without it, it is made anew; also where another file has its
  /// name at which nobody answers, as in a folder that was put back from a copy.
  void look_after_place();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// `error WHY`.
boost::asio::awaitable<void> refuse(Call& call, std::string why);

}  // namespace icom::control
