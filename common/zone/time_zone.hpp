// Between a clock on the wall and UTC. The one place that knows of time zones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace icom {

/// A zone of the machine's time zone database, such as Australia/Sydney. Thread-safe: the database
/// is read once and for all, and neither the process' own zone nor its environment is looked at.
class TimeZone {
 public:
  /// nullopt if the machine has no zone of that name, or no database. Links such as US/Pacific are
  /// zones.
  static std::optional<TimeZone> find(const std::string& name);

  /// Seconds that clocks in the zone are ahead of UTC at `utc`, in seconds since 1970. The database
  /// tells of changes until 2037; after that the zone is taken to stay as it is then.
  [[nodiscard]] std::int64_t offset_at(std::int64_t utc) const;

  /// The same for a clock that shows `local`, counted as if it were UTC. In the hour that comes
  /// twice a clock may stand for two times, and in the one that is skipped for none: then of the
  /// offsets before and after the change the one that puts the clock nearer to `about`.
  [[nodiscard]] std::int64_t offset_of(std::int64_t local, std::int64_t about) const;

  /// Whether offset_of() asks for `about`.
  [[nodiscard]] bool is_ambiguous(std::int64_t local) const;

  /// A stretch of what a clock in the zone shows, counted as if it were UTC, in which it is ahead
  /// of UTC by the same.
  struct Stretch {
    std::int64_t from = 0;
    std::int64_t until = 0;  ///< not included
    /// nullopt: nothing is said of it: after 2037, and of long ago, when each town had a time of
    /// its own, to the second, which no ISO time has.
    std::optional<std::int64_t> offset = std::nullopt;
  };
  /// The longest one around `local`; nullopt where is_ambiguous().
  [[nodiscard]] std::optional<Stretch> around(std::int64_t local) const;

 private:
  explicit TimeZone(const void* zone) : zone_(zone) {}

  const void* zone_;  // the library's, for as long as the process lives
};

/// `+11:00`, `-03:30`; with the seconds, `+00:53:28`, where an offset of long ago has some.
std::string offset_text(std::int64_t seconds);

}  // namespace icom
