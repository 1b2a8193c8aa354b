#include "gateway/store/gap_table.hpp"

namespace icom::store {

namespace {

// A gap of years comes from a broken clock. It takes no late frames, or everything would fall into
// it.
constexpr std::int64_t kMaxFillableSeconds = 366LL * 24 * 3600;
// Looked at for one frame. A second has four frames, so hardly more gaps end in it; a stream that
// makes thousands of them in one is broken.
constexpr std::int64_t kMostGapsLookedAt = 64;

#define ICOM_GAP_COLUMNS                                                             \
  "SELECT id, epoch, from_time, from_sub, from_counter, to_epoch, to_time, to_sub, " \
  "to_counter, kind, missing, missing_estimate, given_up, given_up_with_patient, "   \
  "given_up_reason FROM gap "

GapEdge edge_at(const Query& query, int column) {
  return {query.integer(column), query.integer(column + 1), query.integer(column + 2),
          static_cast<std::uint8_t>(query.integer(column + 3))};
}

std::optional<std::int64_t> integer_or_null(const Query& query, int column) {
  return query.is_null(column) ? std::nullopt : std::optional(query.integer(column));
}

std::optional<GivenUp> given_up_or_null(const Query& query, int column) {
  if (query.is_null(column)) {
    return std::nullopt;
  }
  return GivenUp{query.integer(column), query.integer(column + 1), query.text(column + 2)};
}

Gap read_gap(const Query& query) {
  return {.id = query.integer(0),
          .from = edge_at(query, 1),
          .to = edge_at(query, 5),
          .kind = query.text(9),
          .missing = integer_or_null(query, 10),
          .missing_estimate = query.integer(11),
          .given_up = given_up_or_null(query, 12)};
}

std::vector<Gap> all_of(Query& query) {
  std::vector<Gap> gaps;
  while (query.step()) {
    gaps.push_back(read_gap(query));
  }
  return gaps;
}

bool lies_within(const Gap& gap, std::int64_t time, std::uint8_t counter, bool counted) {
  if (time < gap.from.time || time > gap.to.time) {
    return false;
  }
  if (!counted) {
    return gap.missing != 0;
  }
  if (time == gap.from.time && counter_distance(gap.from.counter, counter) <= 0) {
    return false;
  }
  if (time == gap.to.time && counter_distance(counter, gap.to.counter) <= 0) {
    return false;
  }
  // Where the number of those missing is exact, so are their counters: one gets nothing that was
  // sent at another time, as when the clock was set back to here.
  const auto step = static_cast<std::uint8_t>(counter - gap.from.counter);
  return !gap.missing || (step > 0 && step <= *gap.missing);
}

}  // namespace

void insert_gap(Database& database, std::int64_t linac, const Gap& gap) {
  Query query(database,
              "INSERT INTO gap (linac, epoch, from_time, from_sub, from_counter, to_epoch, "
              "to_time, to_sub, to_counter, kind, missing, missing_estimate, given_up, "
              "given_up_with_patient, given_up_reason) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.bind(linac, gap.from.epoch, gap.from.time, gap.from.sub, int{gap.from.counter},
             gap.to.epoch, gap.to.time, gap.to.sub, int{gap.to.counter}, gap.kind, gap.missing,
             gap.missing_estimate, frames_of(gap.given_up), patients_of(gap.given_up),
             reasons_of(gap.given_up));
  query.run();
}

void remove_gap(Database& database, std::int64_t gap) {
  Query query(database, "DELETE FROM gap WHERE id = ?");
  query.bind(gap);
  query.run();
}

std::vector<Gap> load_gaps(Database& database, std::int64_t linac) {
  Query query(database, ICOM_GAP_COLUMNS "WHERE linac = ? ORDER BY to_epoch, to_time, to_sub");
  query.bind(linac);
  return all_of(query);
}

std::vector<Gap> load_gaps_between(Database& database, std::int64_t linac, const FramePlace& from,
                                   const FramePlace& to) {
  Query query(database, ICOM_GAP_COLUMNS
              "WHERE linac = ? AND (to_epoch, to_time, to_sub) >= (?, ?, ?) "
              "AND (to_epoch, to_time, to_sub) <= (?, ?, ?) AND (missing IS NULL OR missing > 0) "
              "ORDER BY to_epoch, to_time, to_sub");
  query.bind(linac, from.epoch, from.time, from.sub, to.epoch, to.time, to.sub);
  return all_of(query);
}

std::optional<Gap> find_gap(Database& database, std::int64_t linac, std::int64_t epoch,
                            const FrameIdentity& frame, bool counted) {
  Query query(database, ICOM_GAP_COLUMNS
              "WHERE linac = ? AND to_epoch = ? AND to_time >= ? ORDER BY to_time, to_sub LIMIT ?");
  query.bind(linac, epoch, frame.time, kMostGapsLookedAt);
  while (query.step()) {
    Gap gap = read_gap(query);
    if (gap.from.epoch != epoch) {
      continue;  // where the epoch begins
    }
    if (gap.from.time > frame.time) {
      break;  // gaps of an epoch do not overlap
    }
    const bool fillable = gap.to.time - gap.from.time <= kMaxFillableSeconds;
    if (fillable && lies_within(gap, frame.time, frame.counter, counted)) {
      return gap;
    }
  }
  return std::nullopt;
}

std::optional<Gap> find_clock_gap_before(Database& database, std::int64_t linac,
                                         std::int64_t epoch) {
  Query query(database,
              ICOM_GAP_COLUMNS "WHERE linac = ? AND to_epoch = ? ORDER BY to_time, to_sub LIMIT ?");
  // Ends at the first frame of its epoch, so it is the first; the others are for subs that a broken
  // stream has put out of order.
  query.bind(linac, epoch, kMostGapsLookedAt);
  while (query.step()) {
    Gap gap = read_gap(query);
    if (gap.from.epoch < gap.to.epoch) {
      return gap;
    }
  }
  return std::nullopt;
}

std::optional<Gap> find_clock_gap(Database& database, std::int64_t linac, const FramePlace& last) {
  auto gap = find_clock_gap_before(database, linac, last.epoch + 1);
  const bool begins_there = gap && gap->from.epoch == last.epoch && gap->from.time == last.time &&
                            gap->from.sub == last.sub;
  return begins_there ? std::move(gap) : std::nullopt;
}

}  // namespace icom::store
