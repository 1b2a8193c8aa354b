#include "gateway/store/key_lookup.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "gateway/store/chunk_limits.hpp"
#include "gateway/store/varint.hpp"

namespace icom::store {

namespace {

// A key list that is damaged shows nothing; it must not stop the Linac, whose frames would be sent
// again and again.
void read_keys(const Query& chunk, ZstdCodec& zstd, std::vector<FrameKey>& keys) {
  try {
    ByteVector plain;
    zstd.decompress(chunk.blob(2), plain);
    decode_keys(plain, chunk.integer(1), keys);
  } catch (const CorruptData& damage) {
    keys.clear();
    spdlog::error(
        "chunk {} of the store is damaged ({}): what it holds cannot be read, or told from what "
        "comes again; have this machine's disk and memory checked, and restore a backup",
        chunk.integer(0), damage.what());
  }
}

}  // namespace

/// Those that may hold a frame of this time, the most likely ones first.
std::vector<std::int64_t> KeyLookup::chunks_at(Database& database, std::int64_t time,
                                               std::int64_t epoch) {
  std::vector<std::int64_t> all;
  {
    // From the index alone.
    Query query(database,
                "SELECT id, last_time FROM chunk INDEXED BY chunk_by_time "
                "WHERE linac = ? AND first_time BETWEEN ? AND ? "
                "ORDER BY first_time DESC, last_time DESC, id DESC LIMIT ?");
    query.bind(linac_, time - kMaxChunkSeconds, time, kMostRows);
    std::int64_t rows = 0;
    while (query.step()) {
      ++rows;
      if (query.integer(1) >= time) {
        all.push_back(query.integer(0));
      }
    }
    work_.rows += rows;
    if (rows < kMostRows && all.size() <= kMostLists) {
      return all;
    }
  }
  std::vector<std::int64_t> chosen;
  const auto choose = [&](std::int64_t chunk) {
    if (chosen.size() < kMostLists && std::ranges::find(chosen, chunk) == chosen.end()) {
      chosen.push_back(chunk);
    }
  };
  const std::int64_t oldest = std::max(kFirstEpoch, epoch - kNewestEpochs);
  for (std::int64_t one = epoch; one >= oldest && chosen.size() < kMostLists; --one) {
    Query query(database,
                "SELECT id, last_time FROM chunk INDEXED BY chunk_by_order "
                "WHERE linac = ? AND epoch = ? AND first_time BETWEEN ? AND ? "
                "ORDER BY first_time DESC, id DESC LIMIT ?");
    query.bind(linac_, one, time - kMaxChunkSeconds, time, kMostRowsPerEpoch);
    while (query.step()) {
      ++work_.rows;
      if (query.integer(1) >= time) {
        choose(query.integer(0));
      }
    }
  }
  std::ranges::for_each(all, choose);
  return chosen;
}

const KeyLookup::Kept& KeyLookup::keys_of(Database& database, ZstdCodec& zstd, std::int64_t chunk) {
  const auto known = std::ranges::find(kept_, chunk, &Kept::chunk);
  if (known != kept_.end()) {
    known->used = ++uses_;
    return *known;
  }
  Kept& kept = place_for(chunk);
  kept.used = ++uses_;
  ++work_.lists;
  Query query(database, "SELECT id, epoch, keys FROM chunk WHERE id = ? AND linac = ?");
  query.bind(chunk, linac_);
  if (query.step()) {
    read_keys(query, zstd, kept.keys);
  }
  return kept;
}

void KeyLookup::find(Database& database, ZstdCodec& zstd, const FrameIdentity& frame,
                     std::int64_t epoch, std::vector<FrameKey>& found) {
  for (const std::int64_t chunk : chunks_at(database, frame.time, epoch)) {
    const Kept& kept = keys_of(database, zstd, chunk);
    for_each_match(kept.keys, frame, [&](const FrameKey& key) { found.push_back(key); });
  }
}

std::optional<FrameKey> KeyLookup::last(Database& database, ZstdCodec& zstd) const {
  Query chunks(database,
               "SELECT id, epoch, keys, last_time FROM chunk WHERE linac = ? "
               "ORDER BY epoch DESC, last_time DESC");
  chunks.bind(linac_);
  std::optional<FrameKey> last;
  std::vector<FrameKey> keys;
  // Late frames lie in chunks of their own, so that several may reach to the last second.
  while (chunks.step()) {
    if (last && (chunks.integer(1) != last->place.epoch || chunks.integer(3) < last->place.time)) {
      break;
    }
    keys.clear();
    read_keys(chunks, zstd, keys);
    if (!keys.empty() && (!last || keys.back().place > last->place)) {
      last = keys.back();
    }
  }
  return last;
}

std::vector<FrameKey> KeyLookup::latest(Database& database, ZstdCodec& zstd) const {
  Query chunk(database,
              "SELECT id, epoch, keys FROM chunk WHERE linac = ? "
              "ORDER BY epoch DESC, last_time DESC LIMIT 1");
  chunk.bind(linac_);
  std::vector<FrameKey> keys;
  if (chunk.step()) {
    read_keys(chunk, zstd, keys);
  }
  return keys;
}

std::optional<FrameKey> KeyLookup::remembers(const FrameIdentity& identity) const {
  std::optional<FrameKey> found;
  for (const Kept& kept : kept_) {
    for_each_match(kept.keys, identity, [&](const FrameKey& key) {
      if (key.hash == identity.hash) {
        found = key;
      }
    });
  }
  return found;
}

void KeyLookup::forget(std::int64_t chunk) {
  std::erase_if(kept_, [chunk](const Kept& kept) { return kept.chunk == chunk; });
}

KeyLookup::Kept& KeyLookup::place_for(std::int64_t chunk) {
  if (kept_.size() < kMostKept) {
    kept_.emplace_back();
  } else {
    const auto oldest = std::min_element(
        kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
    std::swap(*oldest, kept_.back());
    kept_.back().keys.clear();
  }
  kept_.back().chunk = chunk;
  return kept_.back();
}

}  // namespace icom::store
