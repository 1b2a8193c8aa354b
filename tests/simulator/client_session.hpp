// One client's connection: a bounded queue towards it, and an eye on how it behaves.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "tests/simulator/conduct.hpp"
#include "tests/simulator/message.hpp"

namespace icom::simulator {

struct SessionOptions {
  std::size_t piece = 0;  ///< bytes per write at most; 0: whatever the kernel takes
  std::size_t backlog_bound =
      8 * 1024 * 1024;  ///< bytes not yet handed to the kernel; beyond it the client is dropped
  int send_buffer = 64 * 1024;  ///< bytes of the kernel's send buffer: small, so that a client that
                                ///< stops reading shows soon
};

class ClientSession;

/// Who keeps the books. Called on the session's executor; may not destroy the session within a
/// call.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  /// The first `size` bytes of `message` are with the kernel, and no more of it will follow.
  virtual void on_message_out(const ClientSession& session, const Message& message,
                              std::size_t size) = 0;
  /// The send buffer has been full for `so_far`; told again while it lasts.
  virtual void on_stall(const ClientSession& session, std::chrono::milliseconds so_far) = 0;
  /// The connection is over; the last call for this session.
  virtual void on_session_over(ClientSession& session, std::size_t unacknowledged) = 0;
  [[nodiscard]] virtual bool beam_on() const = 0;
};

/// All on one thread: the executor of its socket. `owner` must outlive it.
class ClientSession : public std::enable_shared_from_this<ClientSession> {
 public:
  enum class Goodbye : std::uint8_t { fin, reset };

  ClientSession(boost::asio::ip::tcp::socket socket, int number, const SessionOptions& options,
                SessionOwner& owner);

  /// Call once, after construction.
  void start();
  /// Never waits: queues. A client whose backlog is over its bound is dropped instead, by FIN.
  void send(Message message);
  /// Ends the connection once all that is queued is with the kernel. A reset waits besides, for
  /// kResetDrain at most, until the client's machine has acknowledged it all, because the reset
  /// would destroy what it has not.
  void close_after_queue(Goodbye goodbye);
  /// Ends the connection now.
  void abort();
  /// To be called a few times a second: looks for a stall that is under way.
  void look_for_stall();

  [[nodiscard]] const ClientConduct& conduct() const { return conduct_; }

  static constexpr std::chrono::milliseconds kResetDrain{500};
  /// How long a client has to answer our FIN with its own, and we to finish a frame after its FIN.
  static constexpr std::chrono::milliseconds kFarewell{1000};

 private:
  using Clock = std::chrono::steady_clock;

  void read();
  void on_read(boost::system::error_code error, std::size_t size);
  void write();
  void write_failed(boost::system::error_code error);
  void wait_for_room();
  void end_stall();
  void finish_message(std::size_t size);
  void client_said_goodbye();
  void say_goodbye();
  void reset_when_drained(Clock::time_point deadline);
  void over(ClosedBy closed_by);
  [[nodiscard]] std::size_t unacknowledged();

  boost::asio::ip::tcp::socket socket_;
  SessionOptions options_;
  SessionOwner& owner_;
  ClientConduct conduct_;
  std::deque<Message> queue_;
  std::size_t backlog_ = 0;  // bytes in queue_ not yet handed to the kernel
  std::size_t written_ = 0;  // of queue_.front()
  bool waiting_ = false;     // for room in the send buffer
  Clock::time_point wait_began_;
  std::optional<Goodbye> goodbye_;
  bool broken_ = false;  // nothing more can be written
  bool client_closed_ = false;
  bool fin_sent_ = false;
  bool over_ = false;
  boost::asio::steady_timer timer_;
  std::array<std::byte, 4096> received_{};
};

}  // namespace icom::simulator
