// From a Linac's bytes to entries: framing, stamping, counting. No I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "agent/listen/beam_watch.hpp"
#include "agent/listen/counter_watch.hpp"
#include "agent/listen/entry_queue.hpp"
#include "agent/listen/handover.hpp"
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

  /// Before anything else, with a connection that another listener has had: its unfinished bytes
  /// come before those that will be received.
  void resume(const Handover& handover);
  /// As resume(), but the other listener has died, and what it had in memory is lost: the stream
  /// may begin in the middle of a frame.
  void inherit();
  /// After the last call from a connection that is to be handed over: what resume() needs of it.
  void note_unfinished(Handover& handover) const;
  [[nodiscard]] const BeamWatch& beam() const { return beam_; }

  void connected() override;
  std::span<std::byte> room() override;
  void received(std::size_t count) override;
  void paused() override;
  void disconnected(std::string_view reason) override;
  void connect_failed(std::string_view reason) override;

 private:
  void keep(const Piece& piece, std::int64_t received_us);
  void watch(Bytes frame, bool has_patient, std::int64_t received_us);
  void push_disconnected(std::string_view reason);
  void note_convention();
  void post();

  EntryQueue& queue_;
  StatusBoard& board_;
  UtcClock clock_;
  Framer framer_;
  CounterWatch counter_;
  BeamWatch beam_;
  StreamStatus status_;
  std::int64_t last_received_us_ = 0;
  log::RateLimit connection_lines_;
  log::RateLimit stream_lines_;
};

}  // namespace icom::listen
