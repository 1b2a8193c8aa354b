#include "gateway/store/frame_scan.hpp"

#include <algorithm>
#include <tuple>

#include "gateway/store/chunk_limits.hpp"

namespace icom::store {

struct FrameScan::Source {
  std::int64_t chunk = 0;  // 0: the tail
  std::vector<FrameKey> keys;
  std::size_t at = 0;
  FrameUnpacker unpacker;
  std::vector<std::pair<std::size_t, ByteVector>>
      parts;  // tail: first key of each row after the first, and its data
  std::size_t next_part = 0;

  [[nodiscard]] bool done() const { return at == keys.size(); }
  [[nodiscard]] const FramePlace& place() const { return keys[at].place; }

  Bytes take(ZstdCodec& zstd) {
    try {
      if (next_part < parts.size() && parts[next_part].first == at) {
        unpacker.open(parts[next_part].second, zstd);
        ++next_part;
      }
      return unpacker.next(keys[at++]);
    } catch (const CorruptData& corrupt) {
      throw CorruptData((chunk == 0 ? std::string("the tail") : "chunk " + std::to_string(chunk)) +
                        ": " + corrupt.what());
    }
  }
};

FrameScan::FrameScan(Database& database, ZstdCodec& zstd, std::int64_t linac,
                     const FramePlace& from, const FramePlace& to)
    : database_(database), zstd_(zstd), linac_(linac), from_(from), to_(to) {
  Query query(database_,
              "SELECT id, epoch, first_time FROM chunk WHERE linac = ? AND epoch BETWEEN ? AND ? "
              "AND (epoch > ? OR last_time >= ?) AND (epoch < ? OR first_time <= ?) "
              "AND (epoch > ? OR first_time >= ?) "
              "ORDER BY epoch DESC, first_time DESC, id DESC");
  query.bind(linac, from.epoch, to.epoch, from.epoch, from.time, to.epoch, to.time, from.epoch,
             from.time - kMaxChunkSeconds);
  while (query.step()) {
    waiting_.push_back({query.integer(0), query.integer(1), query.integer(2)});
  }
  open_tail();
}

FrameScan::~FrameScan() = default;

void FrameScan::open(const Waiting& waiting) {
  auto source = std::make_unique<Source>();
  source->chunk = waiting.chunk;
  // Which chunk this is, an index told: a damaged one may tell of another Linac's.
  Query query(database_,
              "SELECT keys, data FROM chunk WHERE id = ? AND linac = ? AND epoch = ? AND "
              "first_time = ?");
  query.bind(waiting.chunk, linac_, waiting.epoch, waiting.first_time);
  if (!query.step()) {
    throw CorruptData("chunk " + std::to_string(waiting.chunk) + " is not what its index says");
  }
  ByteVector keys;
  zstd_.decompress(query.blob(0), keys);
  decode_keys(keys, waiting.epoch, source->keys);
  source->unpacker.open(query.blob(1), zstd_);
  open_.push_back(std::move(source));
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
  if (!source->keys.empty() && source->keys.front().place <= to_ &&
      source->keys.back().place >= from_) {
    open_.push_back(std::move(source));
  }
}

FrameScan::Source* FrameScan::earliest() {
  const auto first = std::min_element(open_.begin(), open_.end(), [](const auto& a, const auto& b) {
    return a->place() < b->place();
  });
  return first == open_.end() ? nullptr : first->get();
}

void FrameScan::open_what_may_come_next() {
  while (!waiting_.empty()) {
    const Source* first = earliest();
    const Waiting& waiting = waiting_.back();
    if (first != nullptr && std::tie(waiting.epoch, waiting.first_time) >
                                std::tie(first->place().epoch, first->place().time)) {
      return;
    }
    open(waiting);
    waiting_.pop_back();
  }
}

bool FrameScan::next() {
  while (true) {
    // Not sooner: the frame handed out last lives in its source.
    std::erase_if(open_, [](const auto& source) { return source->done(); });
    open_what_may_come_next();
    Source* source = earliest();
    if (source == nullptr || source->place() > to_) {
      return false;
    }
    const FramePlace before = key_.place;
    key_ = source->keys[source->at];
    if (key_.place <= before) {
      throw CorruptData("frames of Linac number " + std::to_string(linac_) +
                        " are not in their order");
    }
    frame_ = source->take(zstd_);
    if (key_.place >= from_) {
      return true;
    }
  }
}

}  // namespace icom::store
