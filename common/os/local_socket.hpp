// Sockets by which programs of this machine talk, and the kernel says who is at the other end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "common/icom/bytes.hpp"
#include "common/os/account.hpp"
#include "common/os/handle.hpp"
#include "common/os/prompt_close.hpp"

namespace icom::os {

/// One end of a connection. For one thread. Every error is a std::system_error that is thrown:
/// std::errc::timed_out where the peer has not done its part in time.
class LocalStream {
 public:
  explicit LocalStream(Connection socket) : socket_(std::move(socket)) {}
  /// Whatever the peer has sent into it: close_promptly().
  ~LocalStream() { close_promptly(std::move(socket_)); }
  LocalStream(LocalStream&&) = default;
  LocalStream& operator=(LocalStream&&) = delete;
  LocalStream(const LocalStream&) = delete;
  LocalStream& operator=(const LocalStream&) = delete;

  /// What has come, waited for `limit` at most. 0: the peer sends no more.
  std::size_t read_some(std::span<std::byte> into, std::chrono::milliseconds limit);
  /// All of it. The peer is waited for `limit` at most, all waits together; gives how long it was.
  std::chrono::nanoseconds write_all(Bytes bytes, std::chrono::nanoseconds limit);
  /// Whose the other end was when the connection was made, with its groups of then; by its number.
  [[nodiscard]] Account peer() const;

  [[nodiscard]] NativeSocket descriptor() const { return socket_.get(); }

 private:
  void wait(short for_what, std::chrono::milliseconds limit) const;

  Connection socket_;
};

/// The one that listens at a path, which may be of any length.
class LocalListener {
 public:
  /// Takes the place of a socket at which nobody listens any more. Only this account and the
  /// group, which has to be one of this process's, may connect. Throws std::system_error; that is
  /// std::errc::address_in_use where somebody listens there.
  LocalListener(const std::filesystem::path& path, UserId group);
  /// Removes the name unless it is another socket's by now.
  ~LocalListener();
  LocalListener(const LocalListener&) = delete;
  LocalListener& operator=(const LocalListener&) = delete;

  /// The next caller, waited for `limit` at most. nullopt if none comes, or after close().
  std::optional<LocalStream> accept(std::chrono::milliseconds limit);
  /// Ends a wait; nobody gets in any more. Thread-safe.
  void close();

 private:
  FileHandle folder_;
  std::string name_;
  Connection socket_;
  std::uint64_t inode_ = 0;
};

/// Somebody listens there who may not be who he should be: says whose account it is.
class NotBelieved : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Connects within `limit`. Whoever listens there must be root or the owner of the folder that the
/// socket is in: of anybody else it throws NotBelieved. Throws std::system_error otherwise;
/// std::errc::timed_out where too many wait to be let in.
LocalStream connect_local(const std::filesystem::path& path, std::chrono::milliseconds limit);

}  // namespace icom::os
