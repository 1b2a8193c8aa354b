#include "gateway/store/head.hpp"

#include "gateway/store/gap_table.hpp"

namespace icom::store {

namespace {

// A frame this much earlier than the first one comes from a broken clock, not from a backlog.
constexpr std::int64_t kMaxBacklogSeconds = 366LL * 24 * 3600;

}  // namespace

bool is_before_first(const Head& head, const FrameIdentity& frame) {
  return frame.time < head.first_time ? head.first_time - frame.time <= kMaxBacklogSeconds
                                      : frame.time == head.first_time &&
                                            counter_distance(head.first_counter, frame.counter) < 0;
}

Head load_head(Database& database, std::int64_t linac) {
  Head head;
  Query query(database,
              "SELECT epoch, time, sub, arrival, counter, hash, highest_time, first_time, "
              "first_sub, first_counter, arrivals, given_up, given_up_with_patient, "
              "given_up_reason, run FROM head WHERE linac = ?");
  query.bind(linac);
  if (query.step()) {
    head.last.place = {query.integer(0), query.integer(1), query.integer(2), query.integer(3)};
    head.last.counter = static_cast<std::uint8_t>(query.integer(4));
    head.last.hash = static_cast<std::uint64_t>(query.integer(5));
    head.highest_time = query.integer(6);
    head.first_time = query.integer(7);
    head.first_sub = query.integer(8);
    head.first_counter = static_cast<std::uint8_t>(query.integer(9));
    head.arrivals = query.integer(10);
    if (!query.is_null(11)) {
      head.given_up = GivenUp{query.integer(11), query.integer(12), query.text(13)};
    }
    if (!query.is_null(14)) {
      head.run = static_cast<std::uint64_t>(query.integer(14));
    }
  }
  return head;
}

void save_head(Database& database, std::int64_t linac, const Head& head) {
  Query query(database,
              "INSERT INTO head (linac, epoch, time, sub, arrival, counter, hash, highest_time, "
              "first_time, first_sub, first_counter, arrivals, given_up, given_up_with_patient, "
              "given_up_reason, run) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
              "ON CONFLICT (linac) DO UPDATE SET epoch = excluded.epoch, time = excluded.time, "
              "sub = excluded.sub, arrival = excluded.arrival, counter = excluded.counter, "
              "hash = excluded.hash, highest_time = excluded.highest_time, "
              "first_time = excluded.first_time, first_sub = excluded.first_sub, "
              "first_counter = excluded.first_counter, arrivals = excluded.arrivals, "
              "given_up = excluded.given_up, "
              "given_up_with_patient = excluded.given_up_with_patient, "
              "given_up_reason = excluded.given_up_reason, run = excluded.run");
  const FramePlace& place = head.last.place;
  query.bind(linac, place.epoch, place.time, place.sub, place.arrival, int{head.last.counter},
             head.last.hash, head.highest_time, head.first_time, head.first_sub,
             int{head.first_counter}, head.arrivals, frames_of(head.given_up),
             patients_of(head.given_up), reasons_of(head.given_up), head.run);
  query.run();
}

}  // namespace icom::store
