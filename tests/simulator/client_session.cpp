#include "tests/simulator/client_session.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <utility>

namespace icom::simulator {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

ClientSession::ClientSession(asio::ip::tcp::socket socket, int number,
                             const SessionOptions& options, SessionOwner& owner)
    : socket_(std::move(socket)), options_(options), owner_(owner), timer_(socket_.get_executor()) {
  conduct_.client = number;
  conduct_.connected = std::chrono::system_clock::now();
}

void ClientSession::start() {
  error_code ignored;  // a client that is gone already shows in the first read
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::send_buffer_size(options_.send_buffer), ignored);
  socket_.non_blocking(true, ignored);
  read();
}

void ClientSession::send(Message message) {
  if (over_ || goodbye_ || client_closed_) return;
  backlog_ += message.size;
  queue_.push_back(std::move(message));
  if (backlog_ > options_.backlog_bound) {
    conduct_.backlog_overflowed = true;
    over(ClosedBy::simulator);
    return;
  }
  write();
}

void ClientSession::close_after_queue(Goodbye goodbye) {
  if (over_ || goodbye_ || client_closed_) return;
  goodbye_ = goodbye;
  write();
}

void ClientSession::abort() {
  if (!over_) over(client_closed_ ? ClosedBy::fin : ClosedBy::simulator);
}

void ClientSession::read() {
  socket_.async_read_some(asio::buffer(received_),
                          [self = shared_from_this()](error_code error, std::size_t size) {
                            self->on_read(error, size);
                          });
}

void ClientSession::on_read(error_code error, std::size_t size) {
  if (over_) return;
  conduct_.bytes_received += size;
  if (!error) {
    read();
  } else if (error == asio::error::eof) {
    client_said_goodbye();
  } else {
    over(ClosedBy::reset);
  }
}

void ClientSession::client_said_goodbye() {
  client_closed_ = true;
  if (fin_sent_) {
    over(ClosedBy::simulator);
    return;
  }
  conduct_.beam_on_when_closed = owner_.beam_on();
  // The frame that is under way is completed, for a client that still reads what comes; later ones
  // are not begun.
  if (written_ == 0 || broken_) {
    over(ClosedBy::fin);
    return;
  }
  queue_.resize(1);
  timer_.expires_after(kFarewell);
  timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled && !self->over_) self->over(ClosedBy::fin);
  });
}

// Written at once rather than by an asynchronous operation, so that what the kernel has taken is in
// the books before anything else can happen to the connection.
void ClientSession::write() {
  if (waiting_ || broken_ || over_ || fin_sent_) return;
  while (!queue_.empty()) {
    const Message& message = queue_.front();
    const std::size_t rest = message.size - written_;
    const std::size_t size = options_.piece == 0 ? rest : std::min(rest, options_.piece);
    error_code error;
    const std::size_t taken =
        socket_.write_some(asio::buffer(message.payload->bytes.data() + written_, size), error);
    if (error == asio::error::would_block) {
      wait_for_room();
      return;
    }
    if (error) {
      write_failed(error);
      return;
    }
    conduct_.bytes_sent += taken;
    backlog_ -= taken;
    written_ += taken;
    if (written_ == message.size) finish_message(written_);
  }
  if (client_closed_) {
    over(ClosedBy::fin);
  } else if (goodbye_) {
    say_goodbye();
  }
}

void ClientSession::write_failed(error_code error) {
  if (client_closed_) {
    over(ClosedBy::fin);
  } else if (error == asio::error::broken_pipe) {
    // Gone, but how it went only the read that is under way can tell: its FIN, or a reset that the
    // read has fetched.
    broken_ = true;
  } else {
    over(ClosedBy::reset);
  }
}

void ClientSession::wait_for_room() {
  waiting_ = true;
  wait_began_ = Clock::now();
  socket_.async_wait(asio::ip::tcp::socket::wait_write, [self = shared_from_this()](error_code) {
    if (self->over_) return;
    self->end_stall();
    self->write();
  });
}

void ClientSession::finish_message(std::size_t size) {
  const Message message = std::move(queue_.front());
  queue_.pop_front();
  written_ = 0;
  const bool whole_frame = size == message.size && message.kind != MessageKind::junk &&
                           message.kind != MessageKind::partial;
  if (whole_frame) ++conduct_.frames_sent;
  owner_.on_message_out(*this, message, size);
}

void ClientSession::look_for_stall() {
  if (!waiting_) return;
  const auto so_far = duration_cast<milliseconds>(Clock::now() - wait_began_);
  conduct_.longest_stall = std::max(conduct_.longest_stall, so_far);
  if (so_far <= ClientConduct::kStoppedReadingAfter) return;
  conduct_.stopped_reading = true;
  owner_.on_stall(*this, so_far);
}

void ClientSession::end_stall() {
  waiting_ = false;
  const auto stall = duration_cast<milliseconds>(Clock::now() - wait_began_);
  conduct_.longest_stall = std::max(conduct_.longest_stall, stall);
  if (stall <= ClientConduct::kStoppedReadingAfter) return;
  conduct_.stopped_reading = true;
  conduct_.total_stall += stall;
}

void ClientSession::say_goodbye() {
  if (*goodbye_ == Goodbye::reset) {
    reset_when_drained(Clock::now() + kResetDrain);
    return;
  }
  fin_sent_ = true;
  conduct_.beam_on_when_closed = owner_.beam_on();
  error_code ignored;  // a connection that is gone shows in the read that is under way
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  timer_.expires_after(kFarewell);
  timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled && !self->over_) self->over(ClosedBy::simulator);
  });
}

void ClientSession::reset_when_drained(Clock::time_point deadline) {
  if (over_) return;
  if (unacknowledged() == 0 || Clock::now() >= deadline) {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0),
                       ignored);  // makes the close below a reset
    over(ClosedBy::simulator);
    return;
  }
  timer_.expires_after(milliseconds(1));
  timer_.async_wait([self = shared_from_this(), deadline](error_code cancelled) {
    if (!cancelled) self->reset_when_drained(deadline);
  });
}

std::size_t ClientSession::unacknowledged() {
  int bytes = 0;
  if (::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<std::size_t>(bytes);
}

void ClientSession::over(ClosedBy closed_by) {
  over_ = true;
  if (waiting_) end_stall();
  if (!client_closed_ && !fin_sent_) conduct_.beam_on_when_closed = owner_.beam_on();
  conduct_.closed_by = closed_by;
  conduct_.disconnected = std::chrono::system_clock::now();
  if (written_ > 0) finish_message(written_);
  const std::size_t unseen = unacknowledged();
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);  // what the kernel still holds goes out, then the FIN
  queue_.clear();
  owner_.on_session_over(*this, unseen);
}

}  // namespace icom::simulator
