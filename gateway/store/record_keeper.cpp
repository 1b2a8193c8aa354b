#include "gateway/store/record_keeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "gateway/store/frame_scan.hpp"
#include "gateway/store/gaps_in_order.hpp"

namespace icom::store {

namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr FramePlace kBehindAll{kLargest, kLargest, kLargest, kLargest};

// What writing its row costs, in frames read. One of a beam or an interlock costs about as much as
// a frame.
constexpr std::int64_t kCostOfARecord = 16;

std::int64_t cost_of_rows(const records::Record& record) {
  return kCostOfARecord + std::ssize(record.beams) + std::ssize(record.interlocks);
}

std::int64_t work_of(const FrameScan& scan) {
  return scan.work().weight + scan.work().lists + scan.rows();
}

// Whether another frame in conflict stands at this place or before it: a gap ends at the first of
// them, and whoever goes on after it must not take the gap for its own.
bool is_past_first_in_conflict(Database& database, ZstdCodec& zstd, std::int64_t linac,
                               const FramePlace& place) {
  FramePlace first = place;
  first.arrival = 0;  // they are counted from 1
  return place.arrival > 0 && FrameScan(database, zstd, linac, first, place).next();
}

// Takes the record that `fresh` should go on under out of `old`: the one with the same beginning,
// or else the first that shares frames.
std::optional<StoredRecord> take_match(std::vector<StoredRecord>& old,
                                       const records::Record& fresh) {
  auto match = std::find_if(old.begin(), old.end(), [&](const StoredRecord& stored) {
    return stored.record.first == fresh.first;
  });
  if (match == old.end()) {
    match = std::find_if(old.begin(), old.end(), [&](const StoredRecord& stored) {
      return stored.record.first <= fresh.last && fresh.first <= stored.record.last;
    });
  }
  if (match == old.end()) {
    return std::nullopt;
  }
  StoredRecord taken = std::move(*match);
  old.erase(match);
  return taken;
}

bool differs(const records::Record& stored, records::Record fresh) {
  fresh.beams.clear();  // they follow from the frames, as do interlocks
  fresh.interlocks.clear();
  return stored != fresh;
}

}  // namespace

void RecordKeeper::load(Database& database, ZstdCodec& zstd) {
  late_.load(database);
  unread_open_ = late_.all_from();
  const auto open = load_open_record(database, linac_);
  if (open) {
    open_row_ = open->id;
  }
  if (!open || unread_open_) {
    return;
  }
  // Its frames are read in any case; and a row that is not as they make it is nothing to go on
  // from.
  const bool build_again = late_.forget_from(open->record.first);
  Rebuild now;
  now.from = open->record.first;
  now.at = just_before(now.from);
  bool is_read = true;
  try {
    is_read = read_open(database, zstd, now, build_again);
  } catch (const CorruptData& damage) {
    // The Linac must go on. What is stored of the record is said by what was read of it.
    spdlog::error("record {}: frames are damaged: {}", open->id, damage.what());
    builder_ = std::move(now.builder);
    late_.save(database);
    return;
  }
  if (!is_read) {
    unread_open_ = now.from;
    late_.add_all_from(now.from);
    if (late_.first().from == now.from) {
      rebuild_ = std::move(now);
    }
  } else {
    builder_ = std::move(now.builder);
    if (build_again) {
      replace(database, now.from, std::nullopt, now.closed, builder_.open() != nullptr);
      open_changed_ = true;
      write_open(database);
    }
  }
  late_.save(database);
}

/// One piece; false if there is more.
bool RecordKeeper::read_open(Database& database, ZstdCodec& zstd, Rebuild& now, bool build_again) {
  begin_piece();
  GapsInOrder gaps(database, linac_, now.from);
  if (is_past_first_in_conflict(database, zstd, linac_, now.at)) {
    gaps.pass(now.at);
  }
  FrameScan scan(database, zstd, linac_, now.from, kBehindAll);
  std::int64_t rows = 0;
  while (scan.next()) {
    const FramePlace place = scan.key().place;
    const FrameFacts facts = facts_of(scan.frame());
    built_again_ += build_again ? 1 : 0;
    now.at = place;
    if (auto record = now.builder.add({place, facts, gaps.any_before(place, facts)})) {
      rows += cost_of_rows(*record);
      now.closed.push_back(std::move(*record));
    }
    const std::int64_t read = work_of(scan) + rows;
    if (read >= pace_.most_per_commit() || is_over(read, read)) {
      now.places = scan.places();
      return false;
    }
  }
  return true;
}

std::optional<FramePlace> RecordKeeper::first_of_open() const {
  return unread_open_                 ? unread_open_
         : builder_.open() != nullptr ? std::optional(builder_.open()->first)
                                      : std::nullopt;
}

void RecordKeeper::append(Database& database, const records::RecordFrame& frame) {
  if (unread_open_) {
    return;  // is read when the reading gets there
  }
  if (const auto closed = builder_.add(frame)) {
    if (open_row_) {
      update_record(database, *open_row_, 1, *closed);
      changed_.push_back(*open_row_);
    } else {
      changed_.push_back(insert_record(database, linac_, 1, *closed));
    }
    open_row_.reset();
  }
  open_changed_ = true;
}

void RecordKeeper::insert(const FramePlace& place) {
  late_.add(place);
  ++late_frames_;
  if (rebuild_ && place <= rebuild_->at) {
    rebuild_.reset();  // what was read of it lacks this frame
  }
}

/// What the frames that are gone were told of in is read again, up to the head, as an open record
/// is after a start. Their own records are emptied by that.
void RecordKeeper::go_back(Database& database, const FramePlace& head, const FramePlace& gone) {
  write_open(database);
  const auto last = load_record_before(database, linac_, head);
  const bool reaches_head = last && (!last->record.next || head < *last->record.next);
  const FramePlace from = reaches_head ? last->record.first : head;
  unread_open_ = unread_open_ ? std::min(*unread_open_, from) : from;
  builder_ = {};
  open_row_.reset();
  open_changed_ = false;
  rebuild_.reset();
  late_.add(*unread_open_);
  late_.add(gone);
  ++late_frames_;
}

std::int64_t RecordKeeper::flush(Database& database, ZstdCodec& zstd, std::int64_t most,
                                 std::vector<std::int64_t>& changed) {
  credit_ = std::min(credit_ + pace_.per_commit, pace_.at_once);
  std::int64_t read = 0;
  write_open(database);  // so that the rows name every record before they are compared
  if (!late_.empty()) {
    begin_piece();
  }
  while (!late_.empty() && read < most && !is_over(read, read) &&
         wanted_credit(database) <= credit_) {
    const std::int64_t piece =
        build_piece(database, zstd, std::min(most - read, credit_ + most_overdrawn()));
    read += piece;
    credit_ -= piece;
  }
  finish(database, changed);
  return read;
}

void RecordKeeper::settle(Database& database, ZstdCodec& zstd, std::vector<std::int64_t>& changed) {
  write_open(database);
  begin_piece();
  for (std::int64_t read = 0; !late_.empty() && read < pace_.at_once && !is_over(read, read);) {
    read += build_piece(database, zstd, pace_.at_once - read);
  }
  finish(database, changed);
}

void RecordKeeper::finish(Database& database, std::vector<std::int64_t>& changed) {
  late_.save(database);
  write_open(database);
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  changed.insert(changed.end(), changed_.begin(), changed_.end());
  changed_.clear();
}

/// What must be saved up before the next piece. A record that can be read at once is; otherwise
/// each late frame that comes meanwhile would have it begun anew.
std::int64_t RecordKeeper::wanted_credit(Database& database) {
  if (rebuild_) {
    return most_overdrawn();  // opening the place where it stands has its cost
  }
  const LateRange& late = late_.first();
  std::int64_t frames = 0;
  const auto before = load_record_before(database, linac_, late.from);
  if (before && (!before->record.next || late.from < *before->record.next)) {
    frames = before->record.frames;
  } else if (const auto next = load_record_from(database, linac_, late.from);
             next && next->record.first <= late.to) {
    frames = next->record.frames;
  }
  return std::min(frames + late_frames_, pace_.at_once);
}

/// Reads `most` at most, and gives what it cost: somewhat more, since a place is found by reading
/// what is before it in its chunks.
std::int64_t RecordKeeper::build_piece(Database& database, ZstdCodec& zstd, std::int64_t most) {
  std::int64_t cost = 1;
  try {
    read_on(database, zstd, most, cost);
  } catch (const CorruptData& damage) {
    spdlog::error("records of Linac number {} keep their state: {}", linac_, damage.what());
    skip_damage(database);
    cost += kCostOfARecord;
  }
  if (late_.empty()) {
    late_frames_ = 0;
  }
  return cost;
}

void RecordKeeper::begin_rebuild(Database& database) {
  rebuild_.emplace();
  rebuild_->from = late_.first().from;
  const bool is_where_a_record_ends = unread_open_ && rebuild_->from >= *unread_open_;
  const auto before =
      is_where_a_record_ends ? std::nullopt : load_record_before(database, linac_, rebuild_->from);
  if (before && (!before->record.next || rebuild_->from < *before->record.next)) {
    rebuild_->from = before->record.first;
  }
  rebuild_->at = just_before(rebuild_->from);
}

void RecordKeeper::read_on(Database& database, ZstdCodec& zstd, std::int64_t most,
                           std::int64_t& cost) {
  if (!rebuild_) {
    begin_rebuild(database);
  }
  Rebuild& now = *rebuild_;
  GapsInOrder gaps(database, linac_, now.at);
  const bool any_read = now.at >= now.from;
  if (any_read || is_past_first_in_conflict(database, zstd, linac_, now.at)) {
    gaps.pass(now.at);
  }
  FrameScan scan(database, zstd, linac_, just_after(now.at), kBehindAll, std::move(now.places));
  now.places.clear();
  std::int64_t work = 0;
  std::int64_t fresh = 0;  // of read, but for what finding the places of more chunks took
  for (std::int64_t read = 0; read < most && !is_over(fresh, cost);) {
    const bool is_any = scan.next();
    const std::int64_t work_before = std::exchange(work, work_of(scan));
    cost += work - work_before;
    if (!is_any) {  // the head: this builder is the one to go on with
      take_over(database);
      return;
    }
    const FramePlace place = scan.key().place;
    // Finding the first one has its cost; each piece is to come further all the same.
    const std::int64_t weight = FrameScan::weight_of(scan.frame());
    read += work_before == 0 ? weight : work - work_before;
    fresh += weight;
    ++built_again_;
    const FrameFacts facts = facts_of(scan.frame());
    const FramePlace before = std::exchange(now.at, place);
    auto closed = now.builder.add({place, facts, gaps.any_before(place, facts)});
    if (closed) {
      const std::int64_t rows = cost_of_rows(*closed);
      now.closed.push_back(std::move(*closed));
      read += rows;
      fresh += rows;
      cost += rows;
    } else if (now.builder.open() != nullptr || place <= late_.first().to) {
      continue;
    }
    write_up_to(database, before, place);
    if (late_.empty() || place < late_.first().from) {
      rebuild_.reset();
      return;
    }
  }
  now.places = scan.places();
  list_unread_open(database);
}

/// Every record up to here is read to its end. `before`: the frame before this one.
void RecordKeeper::write_up_to(Database& database, const FramePlace& before,
                               const FramePlace& place) {
  Rebuild& now = *rebuild_;
  const auto open = first_of_open();
  replace(database, now.from, place, now.closed, false);
  now.closed.clear();
  now.from = place;
  const bool is_late_before = late_.any_in(before, place);
  late_.forget_before(place);
  if (now.builder.open() != nullptr && is_late_before) {
    late_.add(place);  // what is missing before it may have changed: this record is to be read too
  }
  if (open && place > *open) {
    leave_unread(place);
  }
}

/// The record that was open is another now. Those in it are not held until the head is reached,
/// since a record may fall into any number: they are written as they are read, and the builder of
/// the live end, which knows nothing of them, is of no use.
void RecordKeeper::leave_unread(const FramePlace& from) {
  builder_ = {};
  open_changed_ = false;
  unread_open_ = from;
  late_.add_all_from(from);
}

/// So that a record that goes on is listed meanwhile, even if not with all of its frames.
void RecordKeeper::list_unread_open(Database& database) {
  const records::Record* open = rebuild_->builder.open();
  if (unread_open_ && !open_row_ && open != nullptr &&
      !load_record_from(database, linac_, open->first)) {
    open_row_ = insert_record(database, linac_, 0, *open);
  }
}

/// What is being built again is read to the head: its builder is the one to go on with.
void RecordKeeper::take_over(Database& database) {
  Rebuild& now = *rebuild_;
  replace(database, now.from, std::nullopt, now.closed, now.builder.open() != nullptr);
  builder_ = std::move(now.builder);
  unread_open_.reset();
  open_changed_ = true;
  write_open(database);
  late_.clear();
  rebuild_.reset();
}

/// Goes on with the next record of the range after what cannot be read.
void RecordKeeper::skip_damage(Database& database) {
  if (unread_open_ && rebuild_ &&
      (rebuild_->at >= *unread_open_ || rebuild_->from >= *unread_open_)) {
    take_over(database);  // as far as it was read, as when it is loaded
    return;
  }
  const FramePlace read_to = rebuild_ ? std::max(rebuild_->at, rebuild_->from) : late_.first().from;
  rebuild_.reset();
  const auto next = load_record_from(database, linac_, just_after(read_to));
  if (next && next->record.first <= late_.first().to) {
    late_.forget_before(next->record.first);
  } else {
    late_.forget_first();
  }
  if (unread_open_) {
    late_.add_all_from(*unread_open_);
  }
}

void RecordKeeper::replace(Database& database, const FramePlace& from,
                           const std::optional<FramePlace>& end,
                           const std::vector<records::Record>& closed, bool one_is_open) {
  std::vector<StoredRecord> old = load_records_between(database, linac_, from, end);
  for (const records::Record& record : closed) {
    if (const auto match = take_match(old, record)) {
      if (differs(match->record, record)) {
        update_record(database, match->id, match->revision + 1, record);
        changed_.push_back(match->id);
      }
      forget_open_row(match->id);
    } else {
      changed_.push_back(insert_record(database, linac_, 1, record));
    }
  }
  if (!end) {
    open_row_.reset();
  }
  if (one_is_open) {  // goes on under the old row that was open, unless a closed record took that
    const auto open = std::find_if(old.begin(), old.end(), [](const StoredRecord& stored) {
      return !stored.record.next.has_value();
    });
    if (open != old.end()) {
      open_row_ = open->id;
      old.erase(open);
    }
  }
  for (const StoredRecord& stored : old) {
    empty_record(database, stored.id, stored.revision + 1);
    changed_.push_back(stored.id);
    forget_open_row(stored.id);
  }
}

void RecordKeeper::forget_open_row(std::int64_t row) {
  if (open_row_ == row) {
    open_row_.reset();
  }
}

void RecordKeeper::write_open(Database& database) {
  const records::Record* open = builder_.open();
  if (!open_changed_) {
    return;
  }
  open_changed_ = false;
  if (open == nullptr) {
    return;
  }
  if (open_row_) {
    update_record(database, *open_row_, 0, *open);
  } else {
    open_row_ = insert_record(database, linac_, 0, *open);
  }
}

}  // namespace icom::store
