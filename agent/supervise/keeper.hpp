// Keeps a program's connection alive when the program dies, and hears whether the program runs.
// docs/agent.md, "The keeper".
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "common/os/handle.hpp"
#include "common/os/local_channel.hpp"

namespace icom::supervise {

/// Holds a copy of the connection that one program reads, for as long as that program says; reads
/// nothing of it; and hears the program's signs of life. The program's end:
/// agent/listen/keeper_link.hpp. Belongs to a shared_ptr; all on one executor.
class Keeper : public std::enable_shared_from_this<Keeper> {
 public:
  /// `left`: what a program before has left, to be offered to this one; it may be none. `heir`: it
  /// is to take over from another one that we keep; inherit() follows once that one has ended.
  /// Throws std::system_error.
  Keeper(const boost::asio::any_io_executor& executor, os::Connection left, bool heir = false);

  /// The program's end of the socket; until started().
  [[nodiscard]] os::NativeSocket programs_end() const { return ends_[1].get(); }
  /// The program has its end.
  void started();

  /// It was offered a connection, and has said nothing yet.
  [[nodiscard]] bool waits_to_be_taken();
  /// What is held now, everything that the program has said being heard; from then on nothing is,
  /// until the program says so.
  os::Connection release();
  /// Everything that the program has said is heard. False: not a word since this was last asked,
  /// though it has promised one each second by giving a first one, and has not said that it may be
  /// busy.
  bool gives_sign_of_life();
  /// The one that the program was to take over from has ended, with this connection, or with none.
  /// The program has got it from that one, or asks for it. What the program has said itself counts
  /// more: then `held` gets its goodbye, if it is another one.
  void inherit(os::Connection held);
  /// It holds a connection of which the program has said nothing yet.
  [[nodiscard]] bool waits_for_first_word();

 private:
  using Socket = os::LocalChannel;

  void listen();
  void hear();
  void answer();

  std::array<os::Connection, 2> ends_;  ///< ours until started(), the program's
  Socket socket_;
  os::Connection held_;
  bool offered_ = false;
  bool asked_ = false;    ///< the program wants to know what is left
  bool settled_ = false;  ///< what is left is known
  bool silent_ = true;    ///< the program has said nothing of a connection yet
  bool spoken_ = false;   ///< it has said something since gives_sign_of_life()
  bool beats_ = false;    ///< it gives signs of life
  std::chrono::steady_clock::time_point busy_until_{};  ///< and may be silent until then
};

/// A copy that is of no use any more is closed: without a word if it is one of the connection
/// `in_use` (kNoSocket: none), or if somebody has said goodbye on it; otherwise with a goodbye.
void let_go_of(const boost::asio::any_io_executor& executor, os::Connection copy,
               os::NativeSocket in_use);

/// FIN; returns once the Linac has closed as well, or after a second.
boost::asio::awaitable<void> say_goodbye(os::Connection connection);

}  // namespace icom::supervise
