// Whose record the archive writes next. docs/storage.md, "Turns of the archive".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "gateway/archive/hourly_allowance.hpp"

namespace icom::archive {

/// One lane per site, and the sites take turns, whatever waits in each. A turn is one step of one
/// record (RecordFile). A site makes so many new files in an hour; records beyond these wait, those
/// whose file is written again do not. Of a site so many of each of these two kinds are remembered;
/// the others are only counted, and found again by comparing the tables. Not thread-safe.
class RecordTurns {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kFirstRetry = std::chrono::seconds(1);
  static constexpr Clock::duration kLongestRetry = std::chrono::seconds(60);

  /// One that is remembered takes some 200 bytes.
  RecordTurns(std::uint32_t new_files_per_hour, std::size_t most_of_kind)
      : new_files_(new_files_per_hour), most_of_kind_(most_of_kind) {}

  /// Does nothing if it waits already. `is_new`: it has no file yet.
  void add(const std::string& site, std::int64_t record, bool is_new);

  /// The tables are compared, since there is room again for some of those that are only counted.
  [[nodiscard]] bool needs_comparison() const;
  /// All that is to be done is added between these, the oldest of a site first: what was counted
  /// before is counted anew.
  void begin_comparison();
  void end_comparison() { compares_ = false; }

  struct Turn {
    std::string site;
    std::int64_t record = 0;
    bool begins = false;  ///< rather than goes on
  };
  /// nullopt if nothing is to be done now. One of the following is to be called before the next
  /// time, or nothing if the record needs another step: it then has the site's next turn, too.
  std::optional<Turn> next(Clock::time_point now);
  /// It is done with. `made_file`: there is one file more.
  void finished(const Turn& turn, bool made_file, Clock::time_point now);
  /// It is to be begun again, after the others of its site.
  void again(const Turn& turn);
  /// It is tried again after a while, which doubles; others of the site go on.
  void failed(const Turn& turn, Clock::time_point now);

  /// When next() has something again of what waits; nullopt if nothing waits.
  [[nodiscard]] std::optional<Clock::time_point> next_time(Clock::time_point now);
  /// All of them. Of those that are only counted, as many as the last comparison found, and one at
  /// least: others may have come.
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  /// By site: new records that wait for the hour to pass; the same holds.
  [[nodiscard]] std::map<std::string, std::size_t> held() const;

 private:
  struct Waiting {
    std::int64_t record = 0;
    bool is_new = false;
  };
  /// New ones, or those that have a file. While some are only counted no others are remembered:
  /// they are younger.
  struct Kind {
    std::size_t known = 0;
    std::size_t counted = 0;
  };
  struct Lane {
    explicit Lane(std::uint32_t new_files) : allowance(new_files) {}
    Kind& kind(bool is_new) { return is_new ? new_ones : with_file; }
    Kind new_ones;
    Kind with_file;
    std::set<std::int64_t> known;  ///< in one of the following
    std::optional<Waiting> current;
    std::deque<Waiting> waiting;
    std::deque<Waiting> held;
    std::deque<Waiting> failed;
    Clock::duration retry = kFirstRetry;
    Clock::time_point retry_at{};
    HourlyAllowance allowance;
  };
  /// False if the lane has nothing to do now.
  static bool choose(Lane& lane, Clock::time_point now);
  Waiting take_current(const Turn& turn, bool stays);

  const std::uint32_t new_files_;
  const std::size_t most_of_kind_;
  bool compares_ = false;
  std::map<std::string, Lane> lanes_;
  std::string last_;  ///< whose turn it was
  std::size_t waiting_ = 0;
};

}  // namespace icom::archive
