// From a Linac's bytes to entries: framing, stamping, counting. No I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/listen/beam_watch.hpp"
#include "agent/listen/counter_watch.hpp"
#include "agent/listen/entry_queue.hpp"
#include "agent/listen/given_up.hpp"
#include "agent/listen/handover.hpp"
#include "agent/listen/late_frames.hpp"
#include "agent/listen/listener_timings.hpp"
#include "agent/listen/machine_watch.hpp"
#include "agent/listen/status_board.hpp"
#include "agent/listen/stream_sink.hpp"
#include "common/icom/framer.hpp"
#include "common/log/rate_limit.hpp"
#include "common/log/repeated_line.hpp"

namespace icom::listen {

/// Every byte received goes into the queue, in the Linac's order, as part of a frame or as junk.
/// So does each connection's beginning and end; of connections that bring nothing, all night, the
/// first, then one each hour.
/// Not thread-safe: belongs to the reading thread.
class StreamIntake final : public StreamSink {
 public:
  /// Microseconds since 1970, UTC.
  using UtcClock = std::function<std::int64_t()>;
  /// What goes on at the same pace whatever is done to the clock.
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

  /// Between what is told of a Linac that does not answer, or connects and sends nothing.
  static constexpr std::chrono::minutes kSameAgain{60};

  /// `queue` and `board` must outlive it.
  StreamIntake(EntryQueue& queue, StatusBoard& board, UtcClock clock,
               const ListenerTimings& timings = {},
               SteadyClock steady = std::chrono::steady_clock::now);

  /// Before anything else: frames that call their machine something else are told of.
  void expect_machine(std::string serial) { serial_ = std::move(serial); }
  /// Before anything else, with a connection that another listener has had: its unfinished bytes
  /// come before those that will be received.
  void resume(const Handover& handover);
  /// As resume(), but the other listener has died, and what it had in memory is lost: the stream
  /// may begin in the middle of a frame.
  void inherit();
  /// Before the last call from a connection that is to be handed over: its beginning, if that is
  /// not in the queue yet.
  void tell_connection();
  /// After the last call from a connection that is to be handed over: what resume() needs of it.
  void note_unfinished(Handover& handover) const;
  /// The last frame in the spool, and what is known of the Linac's frames, also where no connection
  /// is handed over: what remember() needs.
  void note_memory(Handover& handover) const;
  /// Before resume().
  void remember(const Handover& handover);
  /// Of a connection that was given up; for the next listener, and from the one before.
  [[nodiscard]] std::optional<LateState> late_state(std::uint64_t number) const {
    return late_.state(number);
  }
  void adopt_late(std::uint64_t number, const std::optional<LateState>& state) {
    late_.adopt(number, state);
    post();
  }
  [[nodiscard]] const BeamWatch& beam() const { return beam_; }

  void connected() override;
  std::span<std::byte> room() override;
  void received(std::size_t count) override;
  void paused() override;
  void disconnected(std::string_view reason) override;
  void connect_failed(std::string_view reason) override;
  [[nodiscard]] bool patient_open() const override;
  [[nodiscard]] bool brought_frame() const override { return brought_frame_; }
  void peer(std::string_view address) override;
  void given_up(std::string_view reason, std::uint64_t number) override;
  void late(std::uint64_t number, Bytes bytes) override;
  void late_over(std::uint64_t number) override;

 private:
  void keep(const Piece& piece, std::int64_t received_us);
  void watch(Bytes frame, bool has_patient, std::int64_t received_us);
  void keep_late(std::vector<QueuedEntry> entries);
  void connection_is_over(std::string_view reason);
  void push_connected(std::int64_t when_us, std::string_view mark = {});
  void push_disconnected(std::string_view reason, std::int64_t when_us);
  void end_silence();
  void note_convention();
  void tell_machine(std::chrono::steady_clock::time_point now);
  void tell_dropped();
  void post();

  EntryQueue& queue_;
  StatusBoard& board_;
  UtcClock clock_;
  SteadyClock steady_;
  const std::chrono::milliseconds patient_open_;  ///< after its last frame
  Framer framer_;
  CounterWatch counter_;
  BeamWatch beam_;
  std::string serial_;  ///< of the Linac; empty: what its machine is called is not watched
  MachineWatch machine_;
  StreamStatus status_;
  std::int64_t last_received_us_ = 0;
  std::optional<std::chrono::steady_clock::time_point> patient_seen_;
  bool brought_bytes_ = true;    ///< the connection, or the last one
  bool connection_told_ = true;  ///< the connection's beginning is in the queue
  bool brought_frame_ = true;    ///< the connection, or the last one
  QueuedEntry last_frame_;       ///< of any connection; no bytes: there was none
  LateFrames late_;
  log::RateLimit silence_told_;  ///< connections that brought nothing
  log::RepeatedLine failures_;   ///< connections that did not come about
  log::RateLimit connection_lines_;
  log::RateLimit stream_lines_;
  GivenUpLines dropped_lines_;
};

}  // namespace icom::listen
