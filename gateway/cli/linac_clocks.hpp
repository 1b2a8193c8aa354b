// What the Linacs' clocks stand for in UTC.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/zone/time_zone.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

/// A time of a Linac's clock. All times in seconds since 1970, those of the clock as if it showed
/// UTC.
struct ZonedTime {
  std::int64_t local = 0;
  std::optional<std::int64_t> offset = std::nullopt;  ///< of the clock, ahead of UTC
  bool is_stored = false;                             ///< by what the store has written down of it

  [[nodiscard]] std::optional<std::int64_t> utc() const {
    return offset ? std::optional(local - *offset) : std::nullopt;
  }
};

/// A record's beginning and end.
struct ZonedSpan {
  ZonedTime start;
  ZonedTime end;
};

/// By what the store has written down when the frames came. What is of before there was such a
/// thing goes by the zones in the sites' files: a Linac's clock is taken to be set to its site's
/// zone, summer time included, and in the hour that comes twice the time at which the agent got the
/// frame tells which one is meant. Not thread-safe.
class LinacClocks {
 public:
  /// `sites`: the folder of the sites' files. `store` is to outlive this.
  LinacClocks(std::filesystem::path sites, store::StoreReader& store);

  /// Without an offset where it was not known when it was stored; or, of before, where the site's
  /// file names no zone that this machine knows, or where two are possible and the frame cannot be
  /// read.
  ZonedTime at(const store::LinacRow& linac, const FramePlace& frame);
  ZonedTime at(const store::LinacRow& linac, const store::GapEdge& edge);
  ZonedTime of(const store::LinacRow& linac, const store::FrameKey& frame);
  /// Of a part of a record, such as a beam; `epoch` is 0 where it is not known.
  ZonedTime within(const store::LinacRow& linac, const ZonedSpan& record, std::int64_t epoch,
                   std::int64_t local);

 private:
  const std::optional<TimeZone>& zone_of(const std::string& site);
  std::optional<ZonedTime> stored_at(const store::LinacRow& linac, const FramePlace& place);
  /// Of the first frame from one place to another, both included and of one second.
  ZonedTime at_first(const store::LinacRow& linac, const FramePlace& from, const FramePlace& to);
  ZonedTime resolve(const store::LinacRow& linac, std::int64_t local,
                    const std::function<std::optional<std::int64_t>()>& about);

  std::filesystem::path sites_;
  store::StoreReader& store_;
  std::map<std::string, std::optional<TimeZone>> zones_;
  // What was looked up last: most times that are listed one after the other lie beside each other.
  struct Found {
    std::int64_t linac = 0;
    std::optional<FramePlace> from = std::nullopt;   // nullopt: from the Linac's first frame on
    std::optional<FramePlace> until = std::nullopt;  // not included; nullopt: to the last one
    std::optional<store::ClockZone> zone = std::nullopt;
  };
  Found found_;
};

/// `2026-03-02T08:00:06+11:00`, without the offset where it is not known; `-` where there is no
/// date.
std::string zoned_listed(const ZonedTime& time);

/// `2026-03-01T21:00:06Z`; empty where it is not known.
std::string utc_text(const ZonedTime& time);

/// Adds two keys: `key`_utc, `2026-03-01T21:00:06Z`, and `key`_offset, `+11:00`. What is not known
/// is null.
void put_utc(nlohmann::ordered_json& object, const std::string& key, const ZonedTime& time);

}  // namespace icom::cli
