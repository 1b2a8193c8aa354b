#include "gateway/store/record_keeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "gateway/store/frame_scan.hpp"

namespace icom::store {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr FramePlace kEnd{kMost, kMost, kMost, kMost};

// Tells, for frames asked about in order, whether a gap with missing frames lies directly before.
class GapsInOrder {
 public:
  GapsInOrder(Database& database, std::int64_t linac, const FramePlace& from)
      : query_(database,
               "SELECT to_epoch, to_time, to_sub FROM gap WHERE linac = ? AND "
               "(to_epoch, to_time, to_sub) >= (?, ?, ?) AND (missing IS NULL OR missing > 0) "
               "ORDER BY to_epoch, to_time, to_sub") {
    query_.bind(linac, from.epoch, from.time, from.sub);
    advance();
  }

  bool ends_at(const FramePlace& place) {
    // Of frames in conflict only the first stands behind the gap.
    bool found = false;
    while (more_ && std::tie(epoch_, time_, sub_) <= std::tie(place.epoch, place.time, place.sub)) {
      found = std::tie(epoch_, time_, sub_) == std::tie(place.epoch, place.time, place.sub);
      advance();
    }
    return found;
  }

 private:
  void advance() {
    more_ = query_.step();
    if (more_) {
      epoch_ = query_.integer(0);
      time_ = query_.integer(1);
      sub_ = query_.integer(2);
    }
  }

  Query query_;
  bool more_ = false;
  std::int64_t epoch_ = 0;
  std::int64_t time_ = 0;
  std::int64_t sub_ = 0;
};

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
  const auto open = load_open_record(database, linac_);
  if (!open) {
    return;
  }
  open_row_ = open->id;
  FrameScan scan(database, zstd, linac_, open->record.first, kEnd);
  GapsInOrder gaps(database, linac_, open->record.first);
  try {
    while (scan.next()) {
      const FrameFacts facts = facts_of(scan.frame());
      builder_.add({scan.key().place, facts, gaps.ends_at(scan.key().place)});
    }
  } catch (const CorruptData& damage) {
    // The Linac must go on. What is stored of the record is said by what was read of it.
    spdlog::error("record {}: frames are damaged: {}", open->id, damage.what());
  }
}

void RecordKeeper::append(Database& database, const records::RecordFrame& frame) {
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
  // Late frames mostly come in order; a range for each run of them keeps far apart ones from being
  // joined.
  constexpr std::int64_t kNear = 60;
  if (!late_.empty() && late_.back().to <= place && late_.back().to.epoch == place.epoch &&
      place.time - late_.back().to.time <= kNear) {
    late_.back().to = place;
  } else {
    late_.push_back({place, place});
  }
}

void RecordKeeper::flush(Database& database, ZstdCodec& zstd, std::vector<std::int64_t>& changed) {
  if (!late_.empty()) {
    write_open(database);  // so that the rows tell of every record before they are compared
    for (const Range& range : late_) {
      try {
        rebuild(database, zstd, range);
      } catch (const CorruptData& damage) {
        spdlog::error("records of Linac number {} keep their state: {}", linac_, damage.what());
      }
    }
    late_.clear();
  }
  write_open(database);
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  changed.insert(changed.end(), changed_.begin(), changed_.end());
  changed_.clear();
}

void RecordKeeper::rebuild(Database& database, ZstdCodec& zstd, const Range& late) {
  FramePlace from = late.from;
  const auto before = load_record_before(database, linac_, late.from);
  if (before && (!before->record.next || late.from < *before->record.next)) {
    from = before->record.first;
  }
  records::RecordBuilder builder;
  std::vector<records::Record> closed;
  std::optional<FramePlace> end;
  FrameScan scan(database, zstd, linac_, from, kEnd);
  GapsInOrder gaps(database, linac_, from);
  while (scan.next()) {
    const FramePlace& place = scan.key().place;
    const FrameFacts facts = facts_of(scan.frame());
    if (auto record = builder.add({place, facts, gaps.ends_at(place)})) {
      closed.push_back(std::move(*record));
    }
    if (place > late.to && builder.open() == nullptr) {
      end = place;
      break;
    }
  }
  replace(database, from, end, closed, builder.open() != nullptr);
  if (!end) {  // it ran to the head, so this builder is the one to go on with
    builder_ = std::move(builder);
    open_changed_ = true;
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
