#include "gateway/store/chunk_cursor.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <tuple>

#include "gateway/store/chunk_limits.hpp"
#include "gateway/store/varint.hpp"

namespace icom::store {

namespace {

// The chunk of ChunkKind::at_end that holds the place, or else the last one before it, or else the
// place itself: none that begins before that reaches so far.
FramePlace first_to_look_at(Database& database, std::int64_t linac, const FramePlace& from) {
  Query query(database,
              "SELECT epoch, time, sub, arrival FROM chunk_place WHERE linac = ? AND late = 0 AND "
              "(epoch, time, sub, arrival) <= (?, ?, ?, ?) "
              "ORDER BY epoch DESC, time DESC, sub DESC, arrival DESC LIMIT 1");
  query.bind(linac, from.epoch, from.time, from.sub, from.arrival);
  if (!query.step()) {
    return from;
  }
  return {query.integer(0), query.integer(1), query.integer(2), query.integer(3)};
}

FramePlace an_hour_before(const FramePlace& place) {
  constexpr std::int64_t kEarliest = ChunkCursor::kBeforeAll + kMaxChunkSeconds;
  return {place.epoch, std::max(place.time, kEarliest) - kMaxChunkSeconds, ChunkCursor::kBeforeAll,
          ChunkCursor::kBeforeAll};
}

}  // namespace

// What is asked is one range of an index each time, and comes in its order.
const char* ChunkCursor::sql(ChunkKind kind) {
  if (kind == ChunkKind::unplaced) {
    return "SELECT id, epoch, first_time FROM chunk INDEXED BY chunk_by_order "
           "WHERE linac = ? AND (epoch, first_time) >= (?, ?) AND (epoch, first_time) <= (?, ?) "
           "AND id <= ? AND (epoch > ? OR last_time >= ?) ORDER BY epoch, first_time, id";
  }
  return "SELECT chunk, epoch, time, sub, arrival, last_time, last_sub, last_arrival "
         "FROM chunk_place WHERE linac = ? AND late = ? AND "
         "(epoch, time, sub, arrival) >= (?, ?, ?, ?) AND "
         "(epoch, time, sub, arrival) <= (?, ?, ?, ?) AND "
         "(epoch > ? OR (last_time, last_sub, last_arrival) >= (?, ?, ?)) "
         "ORDER BY epoch, time, sub, arrival";
}

ChunkCursor::ChunkCursor(Database& database, ChunkKind kind, std::int64_t linac,
                         const FramePlace& from, const FramePlace& to)
    : query_(database, sql(kind)), kind_(kind) {
  if (kind == ChunkKind::unplaced) {
    bind_unplaced(database, linac, from, to);
    return;
  }
  const bool late = kind == ChunkKind::late;
  const FramePlace begin = late ? an_hour_before(from) : first_to_look_at(database, linac, from);
  query_.bind(linac, late, begin.epoch, begin.time, begin.sub, begin.arrival, to.epoch, to.time,
              to.sub, to.arrival, from.epoch, from.time, from.sub, from.arrival);
  advance();
}

void ChunkCursor::bind_unplaced(Database& database, std::int64_t linac, const FramePlace& from,
                                const FramePlace& to) {
  std::int64_t last = 0;
  FramePlace end = to;
  {
    Query query(database, "SELECT unplaced FROM linac WHERE id = ? AND unplaced IS NOT NULL");
    query.bind(linac);
    if (!query.step()) {
      return;
    }
    FramePlace reach;
    if (!(std::istringstream(query.text(0)) >> last >> reach.epoch >> reach.time)) {
      throw CorruptData("which chunks of Linac number " + std::to_string(linac) +
                        " are of an older store cannot be read");
    }
    if (std::tie(from.epoch, from.time) > std::tie(reach.epoch, reach.time)) {
      return;
    }
    if (std::tie(reach.epoch, reach.time) < std::tie(end.epoch, end.time)) {
      end = reach;
    }
  }
  const FramePlace begin = an_hour_before(from);
  query_.bind(linac, begin.epoch, begin.time, end.epoch, end.time, last, from.epoch, from.time);
  advance();
}

void ChunkCursor::advance() {
  chunk_.reset();
  if (!query_.step()) {
    return;
  }
  ++rows_;
  chunk_ = {query_.integer(0), {query_.integer(1), query_.integer(2), kBeforeAll, kBeforeAll}};
  if (kind_ != ChunkKind::unplaced) {
    chunk_->first.sub = query_.integer(3);
    chunk_->first.arrival = query_.integer(4);
  }
}

}  // namespace icom::store
