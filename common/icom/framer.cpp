#include "common/icom/framer.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "common/icom/frame_identity.hpp"
#include "common/icom/item.hpp"

namespace icom {

namespace {

constexpr std::size_t kFirstBuffer = 64 * 1024;

// Bytes that show whether a frame starts at the first of them.
constexpr std::size_t kAnchorEnd = kDateOffset + kDateSize;

// Bytes that show whether an item may start at the first of them.
constexpr std::size_t kItemStart = 8;

// Offset of the date's first colon in a frame. Colons are rare in items, dashes and digits are not.
constexpr std::size_t kColonOffset = kDateOffset + 12;

// Frames up to this size are ordinary. A length that tells more is not waited for when something
// else marks an end, and junk of more than this is handed out in parts.
constexpr std::size_t kOrdinarySize = 64 * 1024;

// Bytes behind the items are taken for junk, rather than for a part of the frame, when the frames
// whose items reached the last byte outnumber the others by this much. Counted up to the second
// number, so that a machine which begins to put bytes there is soon believed.
constexpr int kItemsReachEnd = 3;
constexpr int kItemsReachEndAtMost = 8;

// A text that holds a date is believed to go on for this much behind it, not more: a broken item's
// length may say anything.
constexpr std::size_t kMaxTextBehindDate = 4 * 1024;

// Whether a length field that is short of the frame's size by `constant` counts something: the
// whole message, all but itself, or the items.
bool has_a_meaning(std::int64_t constant, std::size_t items_at) {
  return constant == 0 || constant == 4 || constant == static_cast<std::int64_t>(items_at);
}

// `size`, where a frame can have it.
std::optional<std::size_t> frame_size(std::int64_t size) {
  if (size < static_cast<std::int64_t>(kHeaderSize) ||
      size > static_cast<std::int64_t>(Framer::kMaxFrame)) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(size);
}

}  // namespace

KnownFraming framing_of(Bytes frame) {
  if (frame.size() < kHeaderSize) return {};
  const auto length = load_little_endian<std::uint32_t>(frame.data());
  return {.constant = static_cast<std::int64_t>(frame.size()) - std::int64_t{length},
          .learnt = false,
          .items_at = find_items(frame).value_or(kHeaderSize)};
}

Framer::Framer() : buffer_(kFirstBuffer), items_at_(kHeaderSize) {}

std::span<std::byte> Framer::writable(std::size_t at_least) {
  if (buffer_.size() - end_ < at_least) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, pending());
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < at_least) {
      buffer_.resize(std::max(2 * buffer_.size(), end_ + at_least));
    }
  }
  return std::span(buffer_).subspan(end_);
}

void Framer::commit(std::size_t count) {
  assert(count <= buffer_.size() - end_);
  end_ += count;
}

void Framer::add(Bytes bytes) {
  std::ranges::copy(bytes, writable(bytes.size()).begin());
  commit(bytes.size());
}

std::optional<Piece> Framer::next() {
  return take(Stream::flowing);
}

std::optional<Piece> Framer::paused() {
  return take(Stream::paused);
}

std::optional<Piece> Framer::finish() {
  return take(Stream::ended);
}

void Framer::reset() {
  begin_ = 0;
  end_ = 0;
  run_ = {};
  items_reach_end_ = 0;
  convention_.doubt();
}

KnownFraming Framer::known() const {
  const auto learnt = convention_.constant();
  return {learnt ? learnt : convention_.suspected(), learnt.has_value(), items_at_};
}

void Framer::adopt(const KnownFraming& known) {
  if (known.constant) convention_.adopt(*known.constant, known.learnt);
  items_at_ = std::clamp(known.items_at, kHeaderSize, kMaxFrame);
}

std::optional<Piece> Framer::take(Stream stream) {
  if (!run_.anchored) {
    if (const auto junk = seek_frame(stream); junk || !run_.anchored) {
      return junk;
    }
  }
  if (stream == Stream::flowing && pending() < run_.wake_at) {
    return std::nullopt;
  }
  const auto predicted = predicted_size();
  if (const auto size = predicted ? predicted : suspected_size(); size && length_holds(*size)) {
    return hand_out_frame(*size, counts_.frames_by_length);
  }
  run_.wake_at = pending() + 1;
  while (const auto next_start = find_anchor()) {
    const Verdict verdict = judge(*next_start, predicted, stream);
    if (verdict == Verdict::undecided) {
      break;
    }
    if (verdict == Verdict::frame_ends) {
      return *next_start < kHeaderSize ? hand_out_junk(*next_start)
                                       : hand_out_frame_in_front_of(*next_start, predicted);
    }
    run_.scanned = std::max(run_.scanned, *next_start + 1);
  }
  if (stream != Stream::flowing && complete_at_last_byte(predicted)) {
    return hand_out_frame(pending(), counts_.frames_by_pause);
  }
  if (stream == Stream::ended) {
    return hand_out_junk(pending());
  }
  if (pending() >= kMaxFrame) {
    run_.anchored = false;
    return seek_frame(stream);
  }
  return std::nullopt;
}

// At the head of the run no frame is known to start: hands out what is in front of the first that
// does.
std::optional<Piece> Framer::seek_frame(Stream stream) {
  std::size_t junk = 0;
  if (const auto start = find_anchor()) {
    if (*start == 0) {
      run_.anchored = true;
      run_.scanned = 1;
      return std::nullopt;
    }
    junk = *start;
  } else if (stream == Stream::ended) {
    junk = pending();
  } else {
    // Held back while it may still grow, so that junk comes out in one run rather than byte by
    // byte.
    junk = pending() - possible_header_size();
    if (stream == Stream::flowing && junk < kOrdinarySize) {
      return std::nullopt;
    }
  }
  if (junk == 0) {
    return std::nullopt;
  }
  return hand_out_junk(junk);
}

// The first offset from run_.scanned on at which a frame may start; moves run_.scanned there.
std::optional<std::size_t> Framer::find_anchor() {
  while (run_.scanned + kColonOffset < pending()) {
    const std::size_t from = run_.scanned + kColonOffset;
    const void* colon = std::memchr(at(from), ':', pending() - from);
    if (colon == nullptr) {
      run_.scanned = pending() - kColonOffset;
      return std::nullopt;
    }
    run_.scanned =
        static_cast<std::size_t>(static_cast<const std::byte*>(colon) - at(0)) - kColonOffset;
    if (pending() - run_.scanned < kAnchorEnd) {
      return std::nullopt;
    }
    if (anchored_at(run_.scanned)) {
      return run_.scanned;
    }
    ++run_.scanned;
  }
  return std::nullopt;
}

// What the length field says, where that is a size that a frame can have.
std::optional<std::size_t> Framer::predicted_size() const {
  const auto size = convention_.predict(load_little_endian<std::uint32_t>(at(0)));
  return size ? frame_size(*size) : std::nullopt;
}

// Frames of one size prove no convention, but one of the three that have a meaning is worth a try
// when the frame before agreed with it, and so is one that an earlier connection has proved: the
// items must end there as well.
std::optional<std::size_t> Framer::suspected_size() const {
  const auto constant = convention_.suspected();
  if (convention_.constant() || !constant ||
      !(convention_.learnt_before() || has_a_meaning(*constant, items_at_))) {
    return std::nullopt;
  }
  return frame_size(*constant + load_little_endian<std::uint32_t>(at(0)));
}

// The length alone is not believed, since a frame cut short is the worst that can be handed out:
// the items must end there too, and what is behind it, where that has come already, must not speak
// against it.
bool Framer::length_holds(std::size_t predicted) {
  if (run_.length_refuted || pending() < predicted) {
    return false;
  }
  run_.length_refuted = !walk_to(predicted) || contradicted_behind(predicted);
  return !run_.length_refuted;
}

// True when the items go on behind `end`, or when a frame starts just before it: then this frame
// was cut within its last value, and the length takes in the head of the next one.
bool Framer::contradicted_behind(std::size_t end) const {
  if (pending() < end + kItemStart || anchored_at(end)) {
    return false;
  }
  if (begins_item(at(end))) {
    return true;
  }
  for (std::size_t start = end - kAnchorEnd; start < end; ++start) {
    if (anchored_at(start)) {
      return true;
    }
  }
  return false;
}

// Another frame starts at `next_start`, and nothing before it. Does this one reach up to there, or
// is there junk between them? Junk only where something vouches for it, and never bytes in which
// items stand: a frame with junk behind it is read all the same, one that lost its end is not.
std::size_t Framer::end_in_front_of(std::size_t next_start,
                                    std::optional<std::size_t> predicted) const {
  if (next_start == predicted || run_.walked >= next_start) {
    return next_start;
  }
  if (predicted && *predicted < next_start && !items_from(*predicted, next_start)) {
    return *predicted;
  }
  const bool items_tell =
      run_.walked > run_.items && (items_reach_end_ >= kItemsReachEnd ||
                                   (length_names(run_.walked) && !length_names(next_start)));
  return items_tell && !items_from(run_.walked, next_start) ? run_.walked : next_start;
}

// True when an item starts at `from`, or a whole one stands anywhere in front of `to`.
bool Framer::items_from(std::size_t from, std::size_t to) const {
  if (from + kItemStart <= to && begins_item(at(from))) {
    return true;
  }
  for (std::size_t offset = from; offset < to; ++offset) {
    if (item_size_at(at(offset), to - offset) > 0) {
      return true;
    }
  }
  return false;
}

// True when the run's length says that the frame ends at `end`, in one of its meanings. Where the
// items end there, these are two witnesses; but where it can mean the next frame's start as well,
// the longer frame is the safer one.
bool Framer::length_names(std::size_t end) const {
  const auto length = load_little_endian<std::uint32_t>(at(0));
  return has_a_meaning(static_cast<std::int64_t>(end) - length, run_.items);
}

// Does the run's frame end where this date says that another starts? The date may also stand in a
// value of the frame.
Framer::Verdict Framer::judge(std::size_t next_start, std::optional<std::size_t> predicted,
                              Stream stream) {
  if (walk_to(next_start) || next_start == predicted) {
    return Verdict::frame_ends;
  }
  if (const auto verdict = judge_by_item_across(next_start, stream)) {
    return *verdict;
  }
  if (!predicted || *predicted < next_start || *predicted > kOrdinarySize ||
      stream == Stream::ended) {
    return Verdict::frame_ends;
  }
  // The items tell nothing and the length says that the frame goes on: it is right if another frame
  // starts behind it.
  if (anchored_at(*predicted)) {
    run_.scanned = *predicted;
    return Verdict::false_anchor;
  }
  if (pending() >= *predicted + kAnchorEnd) {
    return Verdict::frame_ends;
  }
  const std::size_t next_items = next_start + items_at_;
  if (stream == Stream::paused && next_items < pending() &&
      ItemWalk::end_from(bytes(0, pending()), next_items) == pending()) {
    return Verdict::frame_ends;
  }
  run_.wake_at = pending() < *predicted ? *predicted : *predicted + kAnchorEnd;
  return Verdict::undecided;
}

// The date may stand in an item's value: in that at which the walk has stopped or, where no whole
// item stands in front of the date, in the frame's first one. Nothing if there is no such item.
std::optional<Framer::Verdict> Framer::judge_by_item_across(std::size_t next_start, Stream stream) {
  const bool like_own_header = std::equal(at(4), at(6), at(next_start + 4));
  if (like_own_header) {
    return std::nullopt;
  }
  if (run_.items > 0) {
    return run_.walked < next_start ? judge_by_item(run_.walked, next_start, stream) : std::nullopt;
  }
  const std::size_t date = next_start + kDateOffset;
  for (std::size_t item = kHeaderSize; item + kItemHeaderSize <= date; ++item) {
    if (const auto verdict = judge_by_item(item, next_start, stream)) {
      return verdict;
    }
  }
  return std::nullopt;
}

// Where the item at `start` holds the whole date in its value, what follows the item decides.
std::optional<Framer::Verdict> Framer::judge_by_item(std::size_t start, std::size_t next_start,
                                                     Stream stream) {
  const std::byte* item = at(start);
  if (!begins_item(item)) {
    return std::nullopt;
  }
  const std::size_t end = start + kItemHeaderSize + load_little_endian<std::uint32_t>(item + 8);
  const std::size_t date_end = next_start + kAnchorEnd;
  if (end < date_end || end > date_end + kMaxTextBehindDate) {
    return std::nullopt;
  }
  if (end == pending() && stream != Stream::flowing) {
    return Verdict::false_anchor;
  }
  if (pending() >= end + kItemStart && (begins_item(at(end)) || anchored_at(end))) {
    return Verdict::false_anchor;
  }
  if (pending() >= end + kAnchorEnd) {
    return std::nullopt;
  }
  run_.wake_at = pending() < end + kItemStart ? end + kItemStart : end + kAnchorEnd;
  return Verdict::undecided;
}

// No more bytes are coming, for now or ever: do those that are here make a whole frame?
bool Framer::complete_at_last_byte(std::optional<std::size_t> predicted) {
  if (length_tells_of_more(predicted)) {
    return false;
  }
  return pending() >= kHeaderSize && (predicted == pending() || walk_to(pending()));
}

// Where a frame was interrupted, items may end by chance; its length, learnt or suspected, does
// not.
bool Framer::length_tells_of_more(std::optional<std::size_t> predicted) const {
  const auto more = [this](std::size_t size) { return size > pending() && size <= kOrdinarySize; };
  if (const auto size = predicted ? predicted : suspected_size()) {
    return more(*size);
  }
  // Nothing is known yet, so a meaning of the field is believed: where it means nothing, the first
  // frame of all comes out late, with the next one; where it means what it says, a first frame that
  // a pause has interrupted comes out whole.
  if (convention_.constant() || convention_.suspected()) {
    return false;
  }
  const auto length = load_little_endian<std::uint32_t>(at(0));
  const auto items = run_.items > 0 ? run_.items : items_at_;
  const auto constant = static_cast<std::int64_t>(pending()) - std::int64_t{length};
  return !has_a_meaning(constant, items) && more(std::size_t{length} + items);
}

// Walks the run's items on, never past `limit`. True when they end exactly there.
bool Framer::walk_to(std::size_t limit) {
  if (run_.items == 0) {
    const bool as_before = items_at_ + kItemStart <= pending() && begins_item(at(items_at_));
    const auto start =
        as_before ? std::optional(items_at_) : find_items(bytes(0, limit), items_at_);
    if (!start) {
      return false;
    }
    run_.items = *start;
    run_.walked = *start;
  }
  if (run_.walked < limit) {
    run_.walked = ItemWalk::end_from(bytes(0, limit), run_.walked);
  }
  return run_.walked == limit && run_.walked > run_.items;
}

bool Framer::anchored_at(std::size_t offset) const {
  return pending() >= offset + kAnchorEnd && is_date_anchor(at(offset + kDateOffset));
}

// How many of the last bytes may be the beginning of a frame's header.
std::size_t Framer::possible_header_size() const {
  std::size_t size = std::min(pending(), kAnchorEnd - 1);
  while (size > kDateOffset &&
         !matches_date_shape(bytes(pending() - size + kDateOffset, pending()))) {
    --size;
  }
  return size;
}

void Framer::weigh(bool items_reached_end) {
  items_reach_end_ =
      std::clamp(items_reach_end_ + (items_reached_end ? 1 : -1), 0, kItemsReachEndAtMost);
}

Piece Framer::hand_out_frame_in_front_of(std::size_t next_start,
                                         std::optional<std::size_t> predicted) {
  const std::size_t end = end_in_front_of(next_start, predicted);
  if (run_.items > 0) {
    weigh(run_.walked == next_start);
  }
  return hand_out_frame(end, counts_.frames_by_anchor);
}

Piece Framer::hand_out_frame(std::size_t size, std::uint64_t& reason) {
  const Bytes frame = bytes(0, size);
  if (convention_.observe(load_little_endian<std::uint32_t>(frame.data()), size)) {
    ++counts_.convention_changes;
  }
  if (run_.walked == size) {
    items_at_ = run_.items;
  }
  ++counts_.frames;
  ++reason;
  begin_ += size;
  run_ = {};
  return {Piece::Kind::frame, frame};
}

Piece Framer::hand_out_junk(std::size_t size) {
  const Bytes junk = bytes(0, size);
  ++counts_.junk_runs;
  counts_.junk_bytes += size;
  begin_ += size;
  run_ = {};
  return {Piece::Kind::junk, junk};
}

}  // namespace icom
