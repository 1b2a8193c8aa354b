// Keeps a program's connection alive when the program dies. docs/agent.md, "The keeper".
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>

#include "common/os/descriptor.hpp"

namespace icom::supervise {

/// Holds a copy of the connection that one program reads, for as long as that program says; reads
/// nothing of it. The program's end: agent/listen/keeper_link.hpp. Belongs to a shared_ptr; all on
/// one executor.
class Keeper : public std::enable_shared_from_this<Keeper> {
 public:
  /// `left`: what a program before has left, to be offered to this one; it may be none. Throws
  /// std::system_error.
  Keeper(const boost::asio::any_io_executor& executor, os::Descriptor left);

  /// The program's end of the socket; until started().
  [[nodiscard]] int programs_end() const { return ends_[1].get(); }
  /// The program has its end.
  void started();

  /// It was offered a connection, and has said nothing yet.
  [[nodiscard]] bool waits_to_be_taken();
  /// What is held now, everything that the program has said being heard; from then on nothing is,
  /// until the program says so.
  os::Descriptor release();
  /// The program has got this connection from another one that we know; what it says itself counts
  /// more.
  void inherit(os::Descriptor held);

 private:
  using Socket = boost::asio::local::stream_protocol::socket;

  void listen();
  void hear();

  std::array<os::Descriptor, 2> ends_;  ///< ours until started(), the program's
  Socket socket_;
  os::Descriptor held_;
  bool offered_ = false;
  bool silent_ = true;  ///< the program has said nothing yet
};

/// FIN; returns once the Linac has closed as well, or after a second.
boost::asio::awaitable<void> say_goodbye(os::Descriptor connection);

}  // namespace icom::supervise
