// What a connection to a Linac hands its bytes to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/icom/bytes.hpp"

namespace icom::listen {

/// Called by one connection, on its thread. Nothing here may wait: while it did, the Linac would
/// not be read.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void connected() = 0;
  /// Where the next bytes go; never empty. Valid until received() or any other call.
  virtual std::span<std::byte> room() = 0;
  /// The first `count` bytes of the room have been filled.
  virtual void received(std::size_t count) = 0;
  /// Nothing came for longer than one message period.
  virtual void paused() = 0;
  /// The connection is over, all that it brought has been received(). `reason`: short, ASCII, for
  /// logs and the gateway.
  virtual void disconnected(std::string_view reason) = 0;
  /// No connection came about.
  virtual void connect_failed(std::string_view reason) = 0;
  /// Whether each frame that is missed now would be one of a patient.
  [[nodiscard]] virtual bool patient_open() const = 0;
  /// Whether the connection, or the last one, has brought a whole frame.
  [[nodiscard]] virtual bool brought_frame() const = 0;

  /// After connected(), or instead of it for a connection that another listener has made: where the
  /// Linac is, ADDRESS:PORT.
  virtual void peer(std::string_view /*address*/) {}

  /// Instead of disconnected(): we have given the connection up, and the Linac may not know yet.
  /// What it still sends there, the rest of a begun frame first, comes with `late`, under the same
  /// number.
  virtual void given_up(std::string_view reason, std::uint64_t /*number*/) { disconnected(reason); }
  /// Bytes, in their order on that connection, while another one may be open.
  virtual void late(std::uint64_t /*number*/, Bytes /*bytes*/) {}
  /// Nothing more comes under that number.
  virtual void late_over(std::uint64_t /*number*/) {}
};

}  // namespace icom::listen
