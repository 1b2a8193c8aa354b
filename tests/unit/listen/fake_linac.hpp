// The Linac's end of a connection, played by a test. Every wait has a deadline and fails the test
// when it passes.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/address.hpp"
#include "common/icom/bytes.hpp"

namespace icom::listen {

inline constexpr std::chrono::seconds kTestDeadline{20};

/// Calls `condition` until it is true or the deadline has passed; what it returned last.
bool eventually(const std::function<bool()>& condition);

class FakeLinac {
 public:
  FakeLinac();

  [[nodiscard]] config::Address address() const;
  /// Waits for the listener's connection; one at a time.
  void accept();
  /// No connection is taken from now on.
  void refuse();
  /// The same port again.
  void take_again();

  void send(Bytes bytes);
  /// One byte, which TCP marks as urgent.
  void send_urgent(std::byte byte);
  /// As send(), but the listener may have closed its end.
  void send_unless_closed(Bytes bytes);
  void send_in_pieces(Bytes bytes, std::size_t piece);
  /// Sends FIN and closes; what the listener sent is not looked at.
  void close();

  /// As if the line were dead from now on: no answer to whatever comes, not even the kernel's.
  void stop_answering();

  /// The line is back.
  void answer_again();
  /// The connection stays open beside the next one that is accepted, until it is swapped in again.
  void swap_connections() { std::swap(client_, other_); }

  /// Waits until the listener's end is closed. "fin", "reset" or "timeout"; and, if it sent
  /// anything, "data".
  std::string wait_for_end();

 private:
  void run(const bool& done);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::socket client_;
  boost::asio::ip::tcp::socket other_;
  std::uint16_t port_ = 0;
};

/// A frame as a Linac sends it: of a patient or of none, different for each number.
ByteVector linac_frame(unsigned number, bool has_patient = true);
ByteVector linac_frames(unsigned first, unsigned last, bool has_patient = true);

}  // namespace icom::listen
