#include "agent/listen/stream_intake.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/icom/frame_identity.hpp"
#include "common/icom/values.hpp"

namespace icom::listen {

namespace {

/// Four frames.
constexpr std::size_t kRoom = 32 * 1024;

// A Linac that flaps all night costs about 3,000 lines, not a disk.
constexpr std::uint32_t kBurstLines = 20;
constexpr std::chrono::seconds kLineEach{30};

/// Says a line unless too many like it were said; then the next one tells how many were not.
template <typename... Args>
void say(log::RateLimit& limit, spdlog::level::level_enum level,
         spdlog::format_string_t<Args...> format, Args&&... args) {
  const auto unsaid = limit.admit(log::RateLimit::Clock::now());
  if (!unsaid) return;
  spdlog::log(level, format, std::forward<Args>(args)...);
  if (*unsaid > 0)
    spdlog::log(level, "{} lines of this kind were left out before this one", *unsaid);
}

}  // namespace

StreamIntake::StreamIntake(EntryQueue& queue, StatusBoard& board, UtcClock clock)
    : queue_(queue),
      board_(board),
      clock_(std::move(clock)),
      connection_lines_(kBurstLines, kLineEach),
      stream_lines_(kBurstLines, kLineEach) {
  status_.since_us = clock_();
  post();
}

void StreamIntake::resume(const Handover& handover) {
  status_.connected = true;
  status_.since_us = handover.since_us;
  last_received_us_ = handover.last_received_us;
  ++status_.connections;
  for (Bytes rest = handover.unfinished; !rest.empty();) {
    const auto to = framer_.writable(rest.size());
    const auto count = std::min(to.size(), rest.size());
    std::copy_n(rest.begin(), count, to.begin());
    framer_.commit(count);
    rest = rest.subspan(count);
  }
  while (const auto piece = framer_.next()) keep(*piece, last_received_us_);
  post();
  say(connection_lines_, spdlog::level::info,
      "the connection to the Linac is taken over, {} bytes of a frame with it",
      handover.unfinished.size());
}

void StreamIntake::inherit() {
  // What the other would have said.
  push_disconnected("the listener died; the next one goes on with its connection");
  connected();
  say(connection_lines_, spdlog::level::warn,
      "the listener before has died: this one goes on with its connection");
}

void StreamIntake::note_unfinished(Handover& handover) const {
  handover.since_us = status_.since_us;
  handover.last_received_us = last_received_us_;
  const Bytes unfinished = framer_.unfinished();
  handover.unfinished.assign(unfinished.begin(), unfinished.end());
}

void StreamIntake::connected() {
  status_.connected = true;
  status_.since_us = last_received_us_ = clock_();
  ++status_.connections;
  counter_.reset();
  post();
  queue_.push({.kind = EntryKind::connected,
               .received_us = status_.since_us,
               .has_patient = false,
               .bytes = {}});
  say(connection_lines_, spdlog::level::info, "connected to the Linac");
}

std::span<std::byte> StreamIntake::room() {
  return framer_.writable(kRoom);
}

void StreamIntake::received(std::size_t count) {
  const auto now = clock_();
  // A frame whose end shows only by what follows was received when its last byte was.
  std::size_t of_before = framer_.pending();
  framer_.commit(count);
  while (const auto piece = framer_.next()) {
    const auto size = piece->bytes.size();
    keep(*piece, size <= of_before ? last_received_us_ : now);
    of_before -= std::min(of_before, size);
  }
  last_received_us_ = now;
  status_.bytes += count;
  note_convention();
  post();
}

void StreamIntake::paused() {
  while (const auto piece = framer_.paused()) keep(*piece, last_received_us_);
  post();
}

void StreamIntake::disconnected(std::string_view reason) {
  while (const auto piece = framer_.finish()) keep(*piece, last_received_us_);
  framer_.reset();
  beam_.disconnected();
  status_.connected = false;
  note_convention();
  status_.since_us = clock_();
  status_.last_failure = reason;
  post();
  push_disconnected(reason);
  say(connection_lines_, spdlog::level::warn, "connection to the Linac is over: {}", reason);
}

void StreamIntake::push_disconnected(std::string_view reason) {
  const Bytes text = as_bytes(reason);
  queue_.push({.kind = EntryKind::disconnected,
               .received_us = status_.since_us,
               .has_patient = false,
               .bytes = ByteVector(text.begin(), text.end())});
}

void StreamIntake::connect_failed(std::string_view reason) {
  status_.last_failure = reason;
  post();
  say(connection_lines_, spdlog::level::warn, "no connection to the Linac: {}", reason);
}

void StreamIntake::keep(const Piece& piece, std::int64_t received_us) {
  const bool is_frame = piece.kind == Piece::Kind::frame;
  const bool has_patient = is_frame && seems_to_have_patient(piece.bytes);
  if (is_frame) watch(piece.bytes, has_patient, received_us);
  queue_.push({.kind = is_frame ? EntryKind::frame : EntryKind::junk,
               .received_us = received_us,
               .has_patient = has_patient,
               .bytes = ByteVector(piece.bytes.begin(), piece.bytes.end())});
}

void StreamIntake::watch(Bytes frame, bool has_patient, std::int64_t received_us) {
  beam_.see(frame, has_patient, BeamWatch::Clock::now());
  const auto identity = identify(frame);
  if (!identity) return;
  status_.last_frame_us = received_us;
  status_.last_frame_linac_seconds = identity->time;
  if (const auto missing = counter_.see(*identity); missing > 0) {
    say(stream_lines_, spdlog::level::warn,
        "the counter jumped: at least {} frames were never received ({} jumps so far)", missing,
        counter_.counts().gaps);
  }
}

void StreamIntake::note_convention() {
  const auto now = framer_.learnt_convention();
  if (now == status_.convention) return;
  status_.convention = now;
  if (now) {
    say(stream_lines_, spdlog::level::info,
        "the length field's convention is known: a frame is {} bytes longer than it says", *now);
  } else if (status_.connected) {
    say(stream_lines_, spdlog::level::warn,
        "the length field no longer agrees with the stream: frames are found by their date");
  }
}

void StreamIntake::post() {
  status_.framer = framer_.counts();
  status_.counter = counter_.counts();
  board_.post(status_);
}

}  // namespace icom::listen
