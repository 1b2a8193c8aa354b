#include "agent/listen/late_frames.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/icom/frame_identity.hpp"
#include "common/icom/values.hpp"

namespace icom::listen {

namespace {

/// Connections that are over and that a later one may yet follow.
constexpr std::size_t kMostOver = 8;
/// Of frames that later connections have brought: a quarter of an hour. What comes late after that
/// goes into the spool twice.
constexpr std::size_t kMostBrought = 4096;

/// Looks at the date only: it is asked of the same frame for each late one, and a frame may be
/// large.
std::int64_t time_of(Bytes frame) {
  if (frame.size() < kHeaderSize || !is_date_anchor(frame.data() + kDateOffset)) return 0;
  return linac_seconds(frame.data() + kDateOffset);
}

bool is_frame(const QueuedEntry& entry) {
  return entry.kind == EntryKind::frame;
}

}  // namespace

void LateFrames::given_up(std::uint64_t number, const QueuedEntry& last_frame, bool own,
                          const Framer& framer) {
  connections_.push_back(
      {.number = number, .framer = framer, .last_frame = last_frame, .own = own});
}

void LateFrames::adopt(std::uint64_t number, const std::optional<LateState>& state) {
  Connection& connection = connections_.emplace_back();
  connection.number = number;
  connection.overtaken = !state || state->overtaken;
  if (!state) return;
  connection.last_frame = state->last_frame;
  connection.own = state->own && !state->last_frame.bytes.empty();
  connection.framer.adopt(state->framing);
  connection.framer.add(state->unfinished);
}

std::optional<LateState> LateFrames::state(std::uint64_t number) const {
  for (const Connection& one : connections_) {
    if (one.number != number || one.over) continue;
    const Bytes unfinished = one.framer.unfinished();
    return LateState{.last_frame = one.last_frame,
                     .own = one.own,
                     .unfinished = ByteVector(unfinished.begin(), unfinished.end()),
                     .overtaken = one.overtaken,
                     .framing = one.framer.known()};
  }
  return std::nullopt;
}

void LateFrames::next_began() {
  for (Connection& connection : connections_) connection.overtaken = true;
}

void LateFrames::brought(const FrameIdentity& frame) {
  if (open() == 0) {
    brought_.clear();
    return;
  }
  brought_.push_back(frame);
  if (brought_.size() > kMostBrought) brought_.pop_front();
}

std::size_t LateFrames::open() const {
  return static_cast<std::size_t>(std::ranges::count(connections_, false, &Connection::over));
}

std::vector<QueuedEntry> LateFrames::take(std::uint64_t number, Bytes bytes,
                                          std::int64_t received_us) {
  std::vector<QueuedEntry> entries;
  Connection* from = find(number);
  if (from == nullptr) {
    adopt(number, std::nullopt);
    from = &connections_.back();
  }
  from->framer.add(bytes);
  while (const auto piece = from->framer.next()) keep(*from, *piece, received_us, entries);
  while (const auto piece = from->framer.paused()) keep(*from, *piece, received_us, entries);
  return block(*from, std::move(entries));
}

std::vector<QueuedEntry> LateFrames::finish(std::uint64_t number, std::int64_t received_us) {
  std::vector<QueuedEntry> entries;
  Connection* from = find(number);
  if (from == nullptr) return entries;
  while (const auto piece = from->framer.finish()) keep(*from, *piece, received_us, entries);
  entries = block(*from, std::move(entries));
  from->over = true;
  from->framer = Framer();
  forget_what_nobody_follows();
  return entries;
}

LateFrames::Connection* LateFrames::find(std::uint64_t number) {
  const auto found = std::ranges::find_if(
      connections_, [number](const Connection& one) { return one.number == number && !one.over; });
  return found == connections_.end() ? nullptr : &*found;
}

void LateFrames::keep(Connection& from, const Piece& piece, std::int64_t received_us,
                      std::vector<QueuedEntry>& entries) {
  bool as_frame = piece.kind == Piece::Kind::frame;
  if (as_frame && from.overtaken && last_before(from, piece.bytes) == nullptr) {
    ++frames_without_place_;
    as_frame = false;
  }
  if (as_frame) ++frames_;
  entries.push_back({.kind = as_frame ? EntryKind::frame : EntryKind::junk,
                     .received_us = received_us,
                     .has_patient = as_frame && seems_to_have_patient(piece.bytes),
                     .bytes = ByteVector(piece.bytes.begin(), piece.bytes.end())});
}

/// The last frame before `frame`, its connection's next; nullptr if none is known. A connection
/// that has brought no frame follows what those before it brought, which may have come late, too:
/// the latest that is no later than it. If all are later, the clock was set back since the newest.
const QueuedEntry* LateFrames::last_before(const Connection& from, Bytes frame) const {
  const QueuedEntry* newest = from.last_frame.bytes.empty() ? nullptr : &from.last_frame;
  if (from.own) return newest;
  const auto time = time_of(frame);
  const QueuedEntry* last = nullptr;
  const auto consider = [&](const QueuedEntry& candidate) {
    const auto then = time_of(candidate.bytes);
    if (then <= time && (last == nullptr || then >= time_of(last->bytes))) last = &candidate;
  };
  if (newest != nullptr) consider(*newest);
  for (const Connection& older : connections_) {
    if (&older == &from) break;
    if (older.last_frame.bytes.empty()) continue;
    newest = &older.last_frame;
    consider(*newest);
  }
  return last != nullptr ? last : newest;
}

/// After the last frame before them.
std::vector<QueuedEntry> LateFrames::block(Connection& from, std::vector<QueuedEntry> entries) {
  if (entries.empty()) return entries;
  const auto first = std::ranges::find_if(entries, is_frame);
  const auto* last = &from.last_frame;
  if (first != entries.end()) last = last_before(from, first->bytes);
  QueuedEntry before;
  if (last != nullptr) before = *last;
  before.received_us = entries.front().received_us;
  if (const auto newest = std::find_if(entries.rbegin(), entries.rend(), is_frame);
      newest != entries.rend()) {
    from.last_frame = *newest;
    from.own = true;
  }
  leave_out_what_was_brought(entries);
  if (!entries.empty() && !before.bytes.empty()) {
    entries.insert(entries.begin(), std::move(before));
  }
  return entries;
}

/// At the end only: those before belong between others, which follow them. Where a clock was set
/// back by seconds the gateway could take them for new.
void LateFrames::leave_out_what_was_brought(std::vector<QueuedEntry>& entries) {
  while (!entries.empty() && is_frame(entries.back())) {
    const auto identity = identify(entries.back().bytes);
    if (!identity || std::ranges::find(brought_, *identity) == brought_.end()) return;
    entries.pop_back();
    --frames_;
  }
}

void LateFrames::forget_what_nobody_follows() {
  bool followed = false;
  std::size_t over = 0;
  for (auto one = connections_.end(); one != connections_.begin();) {
    --one;
    if (!one->over) {
      followed = followed || !one->own;
    } else if (!followed || ++over > kMostOver) {
      one = connections_.erase(one);
    }
  }
}

}  // namespace icom::listen
