// What a connection to a Linac hands its bytes to.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

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
};

}  // namespace icom::listen
