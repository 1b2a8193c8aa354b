#include "gateway/store/frame_scan.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/frame_unpacker.hpp"

namespace icom::store {

struct FrameScan::Source {
  std::int64_t chunk = 0;  // 0: the tail
  FramePlace first;        // by which the chunk is found
  std::vector<FrameKey> keys;
  std::size_t at = 0;  // the next frame to be handed out
  FrameUnpacker unpacker;
  std::size_t unpacked = 0;  // frames
  std::vector<std::pair<std::size_t, ByteVector>>
      parts;  // tail: first key of each row, and its data
  std::size_t next_part = 0;

  [[nodiscard]] bool done() const { return at == keys.size(); }
  [[nodiscard]] const FramePlace& place() const { return keys[at].place; }

  void skip_to(const FramePlace& from) {
    while (!done() && place() < from) {
      ++at;
    }
  }

  /// A chunk's frames are read once the first of them is taken: of many, the keys alone say that
  /// none is asked for.
  Bytes take(Database& database, ZstdCodec& zstd, Work& work) {
    try {
      if (unpacked == 0 && chunk != 0) {
        Query query(database, "SELECT data FROM chunk WHERE id = ?");
        query.bind(chunk);
        if (!query.step()) {
          throw CorruptData("it is gone");
        }
        unpacker.open(query.blob(0), zstd);
        ++work.chunks;
      }
      Bytes frame;
      for (; unpacked <= at; ++unpacked) {
        if (next_part < parts.size() && parts[next_part].first == unpacked) {
          unpacker.open(parts[next_part].second, zstd);
          ++next_part;
        }
        frame = unpacker.next(keys[unpacked]);
        ++work.frames;
        work.bytes += std::ssize(frame);
        work.weight += weight_of(frame);
      }
      ++at;
      return frame;
    } catch (const CorruptData& corrupt) {
      throw CorruptData((chunk == 0 ? std::string("the tail") : "chunk " + std::to_string(chunk)) +
                        ": " + corrupt.what());
    }
  }
};

FrameScan::FrameScan(Database& database, ZstdCodec& zstd, std::int64_t linac,
                     const FramePlace& from, const FramePlace& to, ScanPlaces places)
    : database_(database),
      zstd_(zstd),
      linac_(linac),
      from_(from),
      to_(to),
      places_(std::move(places)),
      waiting_{{ChunkCursor(database, ChunkKind::at_end, linac, from, to),
                ChunkCursor(database, ChunkKind::late, linac, from, to),
                ChunkCursor(database, ChunkKind::unplaced, linac, from, to)}} {
  open_tail();
}

FrameScan::~FrameScan() = default;

std::int64_t FrameScan::rows() const {
  std::int64_t rows = 0;
  for (const ChunkCursor& cursor : waiting_) {
    rows += cursor.rows();
  }
  return rows;
}

std::unique_ptr<FrameScan::Source> FrameScan::read_keys(std::int64_t chunk,
                                                        const FramePlace& first) {
  auto source = std::make_unique<Source>();
  source->chunk = chunk;
  source->first = first;
  // Which chunk this is, an index said: a damaged one may name another Linac's.
  Query query(database_,
              "SELECT keys FROM chunk WHERE id = ? AND linac = ? AND epoch = ? AND "
              "first_time = ?");
  query.bind(chunk, linac_, first.epoch, first.time);
  if (!query.step()) {
    throw CorruptData("chunk " + std::to_string(chunk) + " is not what its index says");
  }
  ByteVector keys;
  zstd_.decompress(query.blob(0), keys);
  decode_keys(keys, first.epoch, source->keys);
  ++work_.lists;
  return source;
}

ScanPlaces FrameScan::places() const {
  ScanPlaces places;
  const auto add = [&](const Source& source) {
    if (source.chunk != 0 && !source.done() && places.size() < kMostPlaces) {
      places.try_emplace(source.chunk, source.place(), source.at);
    }
  };
  if (current_) {
    add(*current_);
  }
  for (const auto& [place, source] : open_) {
    add(*source);
  }
  for (const auto& [place, closed] : closed_) {
    if (places.size() < kMostPlaces) {
      places.try_emplace(closed.chunk, place, closed.at);
    }
  }
  return places;
}

void FrameScan::open(const ChunkCursor::Chunk& chunk) {
  if (const auto known = places_.find(chunk.id); known != places_.end()) {
    put_closed(known->second.first, {chunk.id, chunk.first, known->second.second});
    return;
  }
  std::unique_ptr<Source> source = read_keys(chunk.id, chunk.first);
  if (!source->keys.empty() && source->keys.front().place < chunk.first) {
    throw CorruptData("chunk " + std::to_string(chunk.id) + " is not what its index says");
  }
  source->skip_to(from_);
  put(std::move(source));
}

void FrameScan::open_again() {
  const Closed closed = closed_.begin()->second;
  closed_.erase(closed_.begin());
  std::unique_ptr<Source> source = read_keys(closed.chunk, closed.first);
  source->at = std::min(closed.at, source->keys.size());
  put(std::move(source));
}

void FrameScan::put(std::unique_ptr<Source> source) {
  if (source->done()) {
    return;
  }
  const FramePlace place = source->place();
  if (closed_.contains(place) || !open_.emplace(place, std::move(source)).second) {
    fail_for_order();
  }
  if (open_.size() > kMostOpen) {
    close_latest();
  }
  work_.most_open = std::max(work_.most_open, open_.size());
}

void FrameScan::put_closed(const FramePlace& place, const Closed& closed) {
  if (open_.contains(place) || !closed_.emplace(place, closed).second) {
    fail_for_order();
  }
}

/// But for the tail, of which there is one.
void FrameScan::close_latest() {
  auto latest = std::prev(open_.end());
  if (latest->second->chunk == 0) {
    --latest;
  }
  const Source& source = *latest->second;
  closed_.emplace(latest->first, Closed{source.chunk, source.first, source.at});
  open_.erase(latest);
}

void FrameScan::open_tail() {
  auto source = std::make_unique<Source>();
  ByteVector keys;
  Query query(database_, "SELECT epoch, keys, data FROM tail WHERE linac = ? ORDER BY part");
  query.bind(linac_);
  while (query.step()) {
    const Bytes data = query.blob(2);
    source->parts.emplace_back(source->keys.size(), ByteVector(data.begin(), data.end()));
    zstd_.decompress(query.blob(1), keys);
    decode_keys(keys, query.integer(0), source->keys);
  }
  source->skip_to(from_);
  put(std::move(source));
}

void FrameScan::open_what_may_come_next() {
  while (true) {
    ChunkCursor* earliest = nullptr;
    for (ChunkCursor& cursor : waiting_) {
      if (cursor.current() != nullptr &&
          (earliest == nullptr || cursor.current()->first < earliest->current()->first)) {
        earliest = &cursor;
      }
    }
    if (earliest != nullptr &&
        (open_.empty() || earliest->current()->first <= open_.begin()->first) &&
        (closed_.empty() || earliest->current()->first <= closed_.begin()->first)) {
      open(*earliest->current());
      earliest->advance();
    } else if (!closed_.empty() &&
               (open_.empty() || closed_.begin()->first < open_.begin()->first)) {
      open_again();
    } else {
      return;
    }
  }
}

bool FrameScan::next() {
  if (current_) {
    put(std::exchange(current_, nullptr));
  }
  open_what_may_come_next();
  if (open_.empty() || open_.begin()->first > to_) {
    return false;
  }
  current_ = std::move(open_.begin()->second);
  open_.erase(open_.begin());
  const FramePlace before = key_.place;
  key_ = current_->keys[current_->at];
  if (key_.place <= before) {
    fail_for_order();
  }
  frame_ = current_->take(database_, zstd_, work_);
  return true;
}

void FrameScan::fail_for_order() const {
  throw CorruptData("frames of Linac number " + std::to_string(linac_) + " are not in their order");
}

}  // namespace icom::store
