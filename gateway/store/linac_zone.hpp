// What a Linac's clock is taken to be set to, by the place in its order. docs/storage.md, "Clocks".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/zone/time_zone.hpp"
#include "gateway/records/frame_place.hpp"
#include "gateway/store/clock_estimate.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/gap_table.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// A row of `clock` that is of a place, and how far it counts.
struct ZonePlace {
  FramePlace from;
  std::optional<FramePlace> until;  ///< where the next one begins; not included
  ClockZone zone;
};

/// What counts at a place, and what begins to count behind it.
struct ZonePlaces {
  std::optional<ZonePlace> here;  ///< nullopt: what is stored there is of before there were rows
  std::optional<ZonePlace> next;  ///< without its `until`
};
ZonePlaces load_zone_places(Database& database, std::int64_t linac, const FramePlace& place);

/// Writes down what the clock stands for as its frames come: a row where that changes, which is
/// twice a year, so that no later change of a site's file, or of the machine's rules, changes what
/// is said of a stored time. The clock is taken to be set to the site's zone, summer time included.
/// Where it shows a time that comes twice, the time of reception tells which one is meant, unless
/// the frame directly before tells. Not thread-safe; lives and dies with its LinacLog.
class LinacZone {
 public:
  explicit LinacZone(std::int64_t linac) : linac_(linac) {}

  /// `head`: of the last frame. Throws SqlError.
  void load(Database& database, const FramePlace& head);
  /// By the site's settings, from the next frame on. Until it is called, what is stored goes on.
  void set(const std::string& name);

  /// The next frame at the end of the order; `goes_on`: directly after the one before.
  void appended(Database& database, const FrameKey& frame, bool goes_on) {
    const std::int64_t time = frame.place.time;
    if (time < stays_.from || time >= stays_.until) {
      append(database, frame, goes_on);
    }
  }
  /// A frame was put somewhere else: before the stored one at `next`, and behind the one that was
  /// in front of it.
  void inserted(Database& database, const FrameKey& frame, const GapEdge& next);
  /// What is behind this place is no longer there.
  void go_back(Database& database, const FramePlace& head);

  /// What counts now, at this time.
  [[nodiscard]] ClockZone at(std::int64_t utc_us) const;

 private:
  /// A zone of this machine, or a name of which it knows nothing.
  struct Zone {
    std::string name;
    std::optional<TimeZone> rules;
  };
  static Zone zone_named(const std::string& name) { return {name, TimeZone::find(name)}; }
  /// In what a frame's clock shows, and around it.
  static std::optional<TimeZone::Stretch> stretch_of(const Zone& zone, std::int64_t time);
  void append(Database& database, const FrameKey& frame, bool goes_on);
  void insert(Database& database, const FrameKey& frame, const GapEdge& next);
  void put(Database& database, const FramePlace& from, const ClockZone& zone);
  void remove(Database& database, const FramePlace& from);

  std::int64_t linac_;
  std::optional<Zone> zone_;           // that of now; nullopt: nobody has said any
  std::optional<ClockZone> in_force_;  // at the end of the order
  TimeZone::Stretch stays_;            // of a clock that shows this it stays in force
  bool is_empty_ = false;              // the Linac has no frame yet

  // Late frames come many at a time, to one part of the order:
  std::optional<Zone> late_zone_;  // the one looked for last
  ZonePlace late_;                 // what counts there
  TimeZone::Stretch late_stays_;   // and stays, for a frame within it
};

}  // namespace icom::store
