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

void KeyLookup::find(Database& database, ZstdCodec& zstd, std::int64_t time, std::uint8_t counter,
                     std::vector<FrameKey>& found) {
  Query chunks(database,
               "SELECT id, epoch, keys FROM chunk "
               "WHERE linac = ? AND first_time BETWEEN ? AND ? AND last_time >= ?");
  chunks.bind(linac_, time - kMaxChunkSeconds, time, time);
  while (chunks.step()) {
    const std::int64_t id = chunks.integer(0);
    const auto known = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const Kept& kept) { return kept.chunk == id; });
    const bool is_known = known != kept_.end();
    Kept& kept = is_known ? *known : place_for(id);
    if (!is_known) {
      read_keys(chunks, zstd, kept.keys);
    }
    kept.used = ++uses_;
    for_each_match(kept.keys, time, counter, [&](const FrameKey& key) { found.push_back(key); });
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

bool KeyLookup::remembers(const FrameIdentity& identity) const {
  return std::any_of(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    bool seen = false;
    for_each_match(kept.keys, identity.time, identity.counter,
                   [&](const FrameKey& key) { seen = seen || key.hash == identity.hash; });
    return seen;
  });
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
