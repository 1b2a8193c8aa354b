#include "agent/listen/stream_intake.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/icom/frame_identity.hpp"
#include "common/icom/late_connection.hpp"
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
void say(log::RateLimit& limit, log::RateLimit::Clock::time_point now,
         spdlog::level::level_enum level, spdlog::format_string_t<Args...> format, Args&&... args) {
  const auto unsaid = limit.admit(now);
  if (!unsaid) return;
  spdlog::log(level, format, std::forward<Args>(args)...);
  if (*unsaid > 0)
    spdlog::log(level, "{} lines of this kind were left out before this one", *unsaid);
}

}  // namespace

StreamIntake::StreamIntake(EntryQueue& queue, StatusBoard& board, UtcClock clock,
                           const ListenerTimings& timings, SteadyClock steady)
    : queue_(queue),
      board_(board),
      clock_(std::move(clock)),
      steady_(std::move(steady)),
      patient_open_(timings.patient_open),
      silence_told_(1, kSameAgain),
      failures_(kSameAgain),
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
  brought_frame_ = handover.brought_frame;
  if (handover.beam) {
    beam_.resume(*handover.beam, steady_());
  } else {
    beam_.connected(steady_());
  }
  framer_.add(handover.unfinished);
  while (const auto piece = framer_.next()) keep(*piece, last_received_us_);
  post();
  say(connection_lines_, steady_(), spdlog::level::info,
      "the connection to the Linac is taken over, {} bytes of a frame with it",
      handover.unfinished.size());
}

void StreamIntake::inherit() {
  // What the other would have said.
  push_disconnected("the listener died; the next one goes on with its connection",
                    status_.since_us);
  connected();
  brought_frame_ = true;  // to the other one
  say(connection_lines_, steady_(), spdlog::level::warn,
      "the listener before has died: this one goes on with its connection");
}

void StreamIntake::note_unfinished(Handover& handover) const {
  handover.since_us = status_.since_us;
  handover.last_received_us = last_received_us_;
  handover.brought_frame = brought_frame_;
  handover.beam = beam_.state(steady_());
  const Bytes unfinished = framer_.unfinished();
  handover.unfinished.assign(unfinished.begin(), unfinished.end());
}

void StreamIntake::note_memory(Handover& handover) const {
  handover.last_frame = last_frame_;
  handover.framing = framer_.known();
}

void StreamIntake::remember(const Handover& handover) {
  last_frame_ = handover.last_frame;
  // An older listener does not say what it knew; its last frame does.
  framer_.adopt(handover.framing.constant ? handover.framing : framing_of(last_frame_.bytes));
}

void StreamIntake::connected() {
  status_.connected = true;
  status_.since_us = last_received_us_ = clock_();
  ++status_.connections;
  brought_frame_ = false;
  beam_.connected(steady_());
  counter_.reset();
  post();
  // After one that brought nothing it is told once it brings something, or once in a while.
  const bool news = std::exchange(brought_bytes_, false);
  connection_told_ = false;
  if (news || silence_told_.admit(steady_())) tell_connection();
  if (news) say(connection_lines_, steady_(), spdlog::level::info, "connected to the Linac");
}

void StreamIntake::tell_connection() {
  if (std::exchange(connection_told_, true)) return;
  push_connected(status_.since_us);
}

void StreamIntake::push_connected(std::int64_t when_us, std::string_view mark) {
  const Bytes text = as_bytes(mark);
  queue_.push({.kind = EntryKind::connected,
               .received_us = when_us,
               .has_patient = false,
               .bytes = ByteVector(text.begin(), text.end())});
}

/// The connection brings its first bytes.
void StreamIntake::end_silence() {
  tell_connection();
  failures_.forget();
  silence_told_ = log::RateLimit(1, kSameAgain);
  if (const auto silent = std::exchange(status_.silent_connections, 0); silent > 0) {
    say(connection_lines_, steady_(), spdlog::level::info,
        "the Linac sends, after {} connections that brought nothing", silent);
  }
}

std::span<std::byte> StreamIntake::room() {
  return framer_.writable(kRoom);
}

void StreamIntake::received(std::size_t count) {
  const auto now = clock_();
  if (!std::exchange(brought_bytes_, true)) end_silence();
  // A frame whose end shows only by what follows was received when its last byte was.
  std::size_t of_before = framer_.pending();
  framer_.commit(count);
  while (const auto piece = framer_.next()) {
    const auto size = piece->bytes.size();
    keep(*piece, size <= of_before ? last_received_us_ : now);
    of_before -= std::min(of_before, size);
  }
  last_received_us_ = status_.last_bytes_us = now;
  status_.bytes += count;
  note_convention();
  tell_dropped();
  post();
}

void StreamIntake::paused() {
  while (const auto piece = framer_.paused()) keep(*piece, last_received_us_);
  post();
}

void StreamIntake::disconnected(std::string_view reason) {
  while (const auto piece = framer_.finish()) keep(*piece, last_received_us_);
  connection_is_over(reason);
}

void StreamIntake::given_up(std::string_view reason, std::uint64_t number) {
  // With the frame that the dead line has cut: the rest of it may come.
  late_.given_up(number, last_frame_, brought_frame_, framer_);
  connection_is_over(reason);
}

void StreamIntake::connection_is_over(std::string_view reason) {
  framer_.reset();
  beam_.disconnected();
  status_.connected = false;
  status_.peer.clear();
  note_convention();
  status_.since_us = clock_();
  status_.last_failure = reason;
  if (!brought_bytes_) ++status_.silent_connections;
  post();
  if (!connection_told_) return;
  push_disconnected(reason, status_.since_us);
  if (brought_bytes_) {
    say(connection_lines_, steady_(), spdlog::level::warn, "connection to the Linac is over: {}",
        reason);
  } else {
    say(connection_lines_, steady_(), spdlog::level::warn,
        "connection to the Linac is over: {}. It has brought nothing, {} in a row have not: this "
        "is "
        "said again once an hour, or when the Linac sends",
        reason, status_.silent_connections);
  }
}

void StreamIntake::push_disconnected(std::string_view reason, std::int64_t when_us) {
  const Bytes text = as_bytes(reason);
  queue_.push({.kind = EntryKind::disconnected,
               .received_us = when_us,
               .has_patient = false,
               .bytes = ByteVector(text.begin(), text.end())});
}

void StreamIntake::connect_failed(std::string_view reason) {
  status_.last_failure = reason;
  post();
  const auto unsaid = failures_.admit(reason, steady_());
  if (!unsaid) return;
  say(connection_lines_, steady_(), spdlog::level::warn,
      "no connection to the Linac: {} ({} more like this since it was last said)", reason, *unsaid);
}

void StreamIntake::peer(std::string_view address) {
  status_.peer = address;
  post();
}

void StreamIntake::late(std::uint64_t number, Bytes bytes) {
  keep_late(late_.take(number, bytes, clock_()));
}

void StreamIntake::late_over(std::uint64_t number) {
  keep_late(late_.finish(number, clock_()));
}

/// A connection is one line in time, for the gateway as well: these stand between the words of a
/// connection of their own, and the one that is open goes on after them with its last frame.
void StreamIntake::keep_late(std::vector<QueuedEntry> entries) {
  const auto now = clock_();
  const bool beside = status_.connected && connection_told_;
  if (!entries.empty()) {
    if (beside) push_disconnected("late bytes of a connection that was given up follow", now);
    push_connected(now, kLateConnection);
    for (auto& entry : entries) queue_.push(std::move(entry));
    push_disconnected("it was given up before; its late bytes end", now);
    if (beside) {
      push_connected(now);
      QueuedEntry last = last_frame_;
      last.received_us = now;
      if (brought_frame_ && !last.bytes.empty()) queue_.push(std::move(last));
    }
    const auto frames = late_.frames() - std::exchange(status_.late_frames, late_.frames());
    if (frames > 0) {
      say(stream_lines_, steady_(), spdlog::level::info,
          "{} frames came late on a connection that was given up: they are in the spool", frames);
    }
  }
  const auto lost = late_.frames_without_place() - status_.late_frames_without_place;
  status_.late_frames_without_place = late_.frames_without_place();
  if (lost > 0) {
    say(stream_lines_, steady_(), spdlog::level::warn,
        "{} frames came late on a connection that was given up, and nothing tells where they "
        "belong: their bytes are in the spool as junk",
        lost);
  }
  post();
}

bool StreamIntake::patient_open() const {
  return patient_seen_ && steady_() - *patient_seen_ < patient_open_;
}

void StreamIntake::keep(const Piece& piece, std::int64_t received_us) {
  const bool is_frame = piece.kind == Piece::Kind::frame;
  const bool has_patient = is_frame && seems_to_have_patient(piece.bytes);
  if (is_frame) {
    watch(piece.bytes, has_patient, received_us);
    if (!std::exchange(brought_frame_, true)) late_.next_began();
    last_frame_.received_us = received_us;
    last_frame_.has_patient = has_patient;
    last_frame_.bytes.assign(piece.bytes.begin(), piece.bytes.end());
  }
  queue_.push({.kind = is_frame ? EntryKind::frame : EntryKind::junk,
               .received_us = received_us,
               .has_patient = has_patient,
               .bytes = ByteVector(piece.bytes.begin(), piece.bytes.end())});
}

void StreamIntake::watch(Bytes frame, bool has_patient, std::int64_t received_us) {
  const auto now = steady_();
  beam_.see(frame, has_patient, now);
  patient_seen_ = has_patient ? std::optional(now) : std::nullopt;
  if (!serial_.empty() && machine_.see(frame, serial_)) tell_machine(now);
  const auto identity = identify(frame);
  if (!identity) return;
  late_.brought(*identity);
  status_.last_frame_us = received_us;
  status_.last_frame_linac_seconds = identity->time;
  if (const auto missing = counter_.see(*identity, frame); missing > 0) {
    say(stream_lines_, steady_(), spdlog::level::warn,
        "the counter jumped: at least {} frames were never received ({} jumps so far)", missing,
        counter_.counts().gaps);
  }
}

void StreamIntake::tell_machine(std::chrono::steady_clock::time_point now) {
  const MachineNames& names = machine_.names();
  if (names.id != serial_) {
    say(stream_lines_, now, spdlog::level::warn,
        "the frames call their machine {}, and serial {} is expected: if that is not this "
        "machine's name, its address or its serial in the site's file is another one's; every "
        "frame is kept, and goes to the gateway as Linac {}'s",
        names.id, serial_, serial_);
  } else if (names.other_frames > 0) {
    say(stream_lines_, now, spdlog::level::info,
        "the frames call their machine {} again, as is expected; {} called it {} or else", names.id,
        names.other_frames, names.other_id);
  }
}

void StreamIntake::note_convention() {
  const auto now = framer_.learnt_convention();
  if (now == status_.convention) return;
  status_.convention = now;
  if (now) {
    say(stream_lines_, steady_(), spdlog::level::info,
        "the length field's convention is known: a frame is {} bytes longer than it says", *now);
  } else if (status_.connected) {
    say(stream_lines_, steady_(), spdlog::level::warn,
        "the length field no longer agrees with the stream: frames are found by their date");
  }
}

/// Here, not where the disk is written to: that may stand still for as long.
void StreamIntake::tell_dropped() {
  const auto so_far = given_up_by(queue_.counts());
  if (!dropped_lines_.admit(so_far, steady_())) return;
  spdlog::error(
      "the disk does not take what comes, and the memory for it is full: dropped so far {}",
      text_of(so_far));
}

void StreamIntake::post() {
  status_.framer = framer_.counts();
  status_.counter = counter_.counts();
  status_.machine = machine_.names();
  status_.late_connections = late_.open();
  board_.post(status_);
}

}  // namespace icom::listen
