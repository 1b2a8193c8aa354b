// One client's connection.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/asio/bell.hpp"
#include "common/asio/deadline.hpp"
#include "common/fanout/limits.hpp"
#include "common/fanout/piece.hpp"
#include "common/fanout/visitor.hpp"

namespace icom::fanout {

/// Gets a stream's bytes from the next frame on, none missing in between, until one of the two
/// ends it. What it sends is read and thrown away. Nobody waits for it: where it falls behind its
/// limits it gets no more bytes, but a FIN. On the executor of its socket.
class Client {
 public:
  Client(boost::asio::ip::tcp::socket socket, Visitor visitor, const Limits& limits);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Ends when the connection does. The caller keeps this alive meanwhile.
  boost::asio::awaitable<void> run();

  void offer(const Piece& piece);
  /// FIN, once what waits has been sent, or that has taken too long.
  void finish();
  /// FIN now, behind what the kernel has taken; what waits is thrown away.
  void cut_off(std::string why);

  [[nodiscard]] const Visitor& visitor() const { return visitor_; }
  /// Why we have ended it; empty if we have not, or finish() has.
  [[nodiscard]] const std::string& why_cut_off() const { return why_cut_off_; }
  /// Handed to the kernel.
  [[nodiscard]] std::uint64_t sent_bytes() const { return sent_bytes_; }

 private:
  void drop_what_comes();
  boost::asio::awaitable<void> write_loop();
  boost::asio::awaitable<void> write_some();
  boost::asio::awaitable<void> say_goodbye();
  void sent(std::size_t bytes);
  void stop_writing();

  boost::asio::ip::tcp::socket socket_;
  const Limits limits_;
  const Visitor visitor_;
  std::deque<Piece> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t sent_of_first_ = 0;  ///< bytes of waiting_.front()
  std::uint64_t sent_bytes_ = 0;
  std::array<char, 512> unwanted_{};  ///< what the client sends
  bool begun_ = false;                ///< it has been given a frame
  bool finishing_ = false;
  bool writing_over_ = false;
  bool reading_over_ = false;
  std::string why_cut_off_;
  std::optional<Deadline> last_chance_;  ///< after finish(), to send what waits
  Bell bell_;                            ///< for the write loop
};

}  // namespace icom::fanout
