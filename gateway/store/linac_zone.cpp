#include "gateway/store/linac_zone.hpp"

#include <limits>
#include <utility>

namespace icom::store {

namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kFurthest = std::numeric_limits<std::int64_t>::max();

#define ICOM_ZONE_COLUMNS "SELECT epoch, time, sub, arrival, zone, utc_offset FROM clock "

ZonePlace read_zone(const Query& query) {
  return {
      .from = {query.integer(0), query.integer(1), query.integer(2), query.integer(3)},
      .until = std::nullopt,
      .zone = {query.text(4), query.is_null(5) ? std::nullopt : std::optional(query.integer(5))}};
}

bool is_within(const TimeZone::Stretch& stretch, std::int64_t time) {
  return time >= stretch.from && time < stretch.until;
}

}  // namespace

ZonePlaces load_zone_places(Database& database, std::int64_t linac, const FramePlace& place) {
  ZonePlaces places;
  {
    Query here(database, ICOM_ZONE_COLUMNS
               "WHERE linac = ? AND epoch >= 0 AND (epoch, time, sub, arrival) <= (?, ?, ?, ?) "
               "ORDER BY epoch DESC, time DESC, sub DESC, arrival DESC LIMIT 1");
    here.bind(linac, place.epoch, place.time, place.sub, place.arrival);
    if (here.step()) {
      places.here = read_zone(here);
    }
  }
  Query next(database, ICOM_ZONE_COLUMNS
             "WHERE linac = ? AND (epoch, time, sub, arrival) > (?, ?, ?, ?) "
             "ORDER BY epoch, time, sub, arrival LIMIT 1");
  next.bind(linac, place.epoch, place.time, place.sub, place.arrival);
  if (next.step()) {
    places.next = read_zone(next);
    if (places.here) {
      places.here->until = places.next->from;
    }
  }
  return places;
}

void LinacZone::load(Database& database, const FramePlace& head) {
  is_empty_ = head.epoch < kFirstEpoch;
  const auto here = load_zone_places(database, linac_, head).here;
  in_force_ = here ? std::optional(here->zone) : std::nullopt;
  stays_ = {};
  late_stays_ = {};
  if (!zone_ && in_force_ && !in_force_->name.empty()) {
    zone_ = zone_named(in_force_->name);
  }
}

void LinacZone::set(const std::string& name) {
  if (!zone_ || zone_->name != name) {
    zone_ = zone_named(name);
    stays_ = {};
  }
}

std::optional<TimeZone::Stretch> LinacZone::stretch_of(const Zone& zone, std::int64_t time) {
  return zone.rules ? zone.rules->around(time)
                    : TimeZone::Stretch{std::numeric_limits<std::int64_t>::min(), kFurthest};
}

void LinacZone::append(Database& database, const FrameKey& frame, bool goes_on) {
  const bool is_first = std::exchange(is_empty_, false);
  if (!zone_) {
    return;
  }
  const auto stretch = stretch_of(*zone_, frame.place.time);
  ClockZone now{zone_->name};
  if (stretch) {
    now.utc_offset = stretch->offset;
  } else {
    const auto offset_if = [&](std::int64_t utc) {
      return zone_->rules->offset_of(frame.place.time, utc);
    };
    now.utc_offset = offset_if(frame.received_us / kUsPerSecond);
    // A clock that only goes on was not set meanwhile.
    const bool same = goes_on && in_force_ && in_force_->name == now.name && in_force_->utc_offset;
    if (same) {
      now.utc_offset = offset_if(frame.place.time - *in_force_->utc_offset);
    }
  }
  if (in_force_ != now) {
    put(database, is_first ? FramePlace{} : frame.place, now);
    in_force_ = now;
  }
  stays_ = stretch.value_or(TimeZone::Stretch{});
}

void LinacZone::inserted(Database& database, const FrameKey& frame, const GapEdge& next) {
  const FramePlace& place = frame.place;
  const bool same = is_within(late_stays_, place.time) && place >= late_.from &&
                    (!late_.until || place < *late_.until);
  if (!same) {
    insert(database, frame, next);
  }
}

/// Where the next frame begins something new, this one may do so in its place; nothing else of its
/// neighbours can change.
void LinacZone::insert(Database& database, const FrameKey& frame, const GapEdge& next) {
  const FramePlace& place = frame.place;
  const ZonePlaces places = load_zone_places(database, linac_, place);
  late_stays_ = {};
  if (!places.here) {
    return;  // among what is of before there were rows
  }
  late_ = *places.here;
  const ClockZone& before = late_.zone;
  if (!late_zone_ || late_zone_->name != before.name) {
    late_zone_ = zone_named(before.name);
  }
  const FramePlace edge{next.epoch, next.time, next.sub, 0};
  const bool changes_next =
      places.next && places.next->from >= edge &&
      places.next->from <= FramePlace{next.epoch, next.time, next.sub, kFurthest};
  const auto stretch = stretch_of(*late_zone_, place.time);
  ClockZone own = before;
  if (stretch) {
    own.utc_offset = stretch->offset;
  } else if (changes_next || next.epoch != place.epoch) {
    own.utc_offset = late_zone_->rules->offset_of(place.time, frame.received_us / kUsPerSecond);
  }
  if (own == before) {
    late_stays_ = stretch.value_or(TimeZone::Stretch{});
    return;
  }
  if (changes_next && places.next->zone == own) {
    remove(database, places.next->from);
  } else if (!changes_next) {
    put(database, edge, before);
  }
  put(database, place, own);
}

void LinacZone::go_back(Database& database, const FramePlace& head) {
  Query query(database,
              "DELETE FROM clock "
              "WHERE linac = ? AND (epoch, time, sub, arrival) > (?, ?, ?, ?)");
  query.bind(linac_, head.epoch, head.time, head.sub, head.arrival);
  query.run();
  load(database, head);
}

void LinacZone::put(Database& database, const FramePlace& from, const ClockZone& zone) {
  Query query(database,
              "INSERT INTO clock (linac, epoch, time, sub, arrival, zone, utc_offset) "
              "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET zone = excluded.zone, "
              "utc_offset = excluded.utc_offset");
  query.bind(linac_, from.epoch, from.time, from.sub, from.arrival, zone.name, zone.utc_offset);
  query.run();
  late_stays_ = {};
}

void LinacZone::remove(Database& database, const FramePlace& from) {
  Query query(database,
              "DELETE FROM clock WHERE linac = ? AND epoch = ? AND time = ? AND sub = ? "
              "AND arrival = ?");
  query.bind(linac_, from.epoch, from.time, from.sub, from.arrival);
  query.run();
}

ClockZone LinacZone::at(std::int64_t utc_us) const {
  if (!zone_) {
    return {};
  }
  // As of a clock that shows it: what has no offset there has none here.
  ClockZone now{zone_->name};
  if (zone_->rules) {
    const std::int64_t utc = utc_us / kUsPerSecond;
    const std::int64_t offset = zone_->rules->offset_at(utc);
    const auto stretch = zone_->rules->around(utc + offset);
    now.utc_offset = stretch ? stretch->offset : offset;
  }
  return now;
}

}  // namespace icom::store
