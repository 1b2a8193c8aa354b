// From a Linac's bytes to entries: framing, stamping, counting. No I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "agent/listen/counter_watch.hpp"
#include "agent/listen/entry_queue.hpp"
#include "agent/listen/status_board.hpp"
#include "agent/listen/stream_sink.hpp"
#include "common/icom/framer.hpp"
#include "common/log/rate_limit.hpp"

namespace icom::listen {

/// Every byte received goes into the queue, in the Linac's order, as part of a frame or as junk.
/// Not thread-safe: belongs to the reading thread.
class StreamIntake final : public StreamSink {
 public:
  /// Microseconds since 1970, UTC.
  using UtcClock = std::function<std::int64_t()>;

  /// `queue` and `board` must outlive it.
  StreamIntake(EntryQueue& queue, StatusBoard& board, UtcClock clock);

  void connected() override;
  std::span<std::byte> room() override;
  void received(std::size_t count) override;
  void paused() override;
  void disconnected(std::string_view reason) override;
  void connect_failed(std::string_view reason) override;

 private:
  void keep(const Piece& piece, std::int64_t received_us);
  void watch_counter(Bytes frame, std::int64_t received_us);
  void note_convention();
  void post();

  EntryQueue& queue_;
  StatusBoard& board_;
  UtcClock clock_;
  Framer framer_;
  CounterWatch counter_;
  StreamStatus status_;
  std::int64_t last_received_us_ = 0;
  log::RateLimit connection_lines_;
  log::RateLimit stream_lines_;
};

}  // namespace icom::listen
