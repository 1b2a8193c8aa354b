// The only place where a session's socket is read and written.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace icom::ssh {

/// Stands between libssh2 and the socket, so that libssh2 never meets a full or an empty one
/// half-way through a packet: what it sends always goes whole into a queue here, what it receives
/// comes from a buffer here. (A packet of which the socket takes a half is what breaks
/// libssh2 1.10: docs/protocol.md, "The tunnel".) Who writes in bulk must look at queued() and
/// wait.
///
/// One executor; held by shared_ptr, which pending socket operations share.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Wire(boost::asio::ip::tcp::socket socket);

  /// `on_change` runs after each completed socket operation, until close(). Reading starts.
  void start(std::function<void()> on_change);
  /// Gives the socket what has been queued, and reads on if there is room. To be called after each
  /// use of libssh2.
  void pump();
  /// Drops the socket. From now on send() swallows all and receive() fails, so that libssh2 frees
  /// its session without waiting.
  void close();

  // libssh2's side: byte counts, or -errno.

  std::ptrdiff_t send(const void* bytes, std::size_t size);
  std::ptrdiff_t receive(void* bytes, std::size_t size);

  [[nodiscard]] std::size_t queued() const { return queued_.size() + flying_.size() - flown_; }
  /// Forgets what has arrived and was not received: nobody will.
  void discard_input() { input_begin_ = input_end_; }
  /// How much receive() has given since the start: it tells whether libssh2 took anything.
  [[nodiscard]] std::uint64_t given() const { return given_; }
  [[nodiscard]] bool has_input() const { return input_begin_ < input_end_; }
  /// Bytes are queued and the socket has taken none of them since before `time`.
  [[nodiscard]] bool stuck_since_before(Clock::time_point time) const;
  /// Why the socket gives no more; no error while it does. `eof` if the peer has closed.
  [[nodiscard]] const boost::system::error_code& broken() const { return broken_; }
  /// What the server said when it disconnected, if it did.
  [[nodiscard]] const std::string& parting_words() const { return parting_words_; }
  void set_parting_words(std::string words) { parting_words_ = std::move(words); }
  [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  void read();
  void write();
  void changed();

  boost::asio::ip::tcp::socket socket_;
  std::function<void()> on_change_;
  boost::system::error_code broken_;
  std::string parting_words_;
  bool closed_ = false;

  std::vector<char> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::uint64_t given_ = 0;
  bool reading_ = false;

  std::vector<char> queued_;  ///< grows while `flying_` is being written
  std::vector<char> flying_;
  std::size_t flown_ = 0;  ///< what of flying_ the socket has taken
  bool writing_ = false;
  bool write_failed_ = false;
  Clock::time_point moved_;  ///< when the queue began to fill, or the socket last took some of it
};

}  // namespace icom::ssh
