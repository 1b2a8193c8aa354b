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

  [[nodiscard]] std::optional<std::int64_t> utc() const {
    return offset ? std::optional(local - *offset) : std::nullopt;
  }
};

/// By the zones in the sites' files. A Linac's clock is taken to be set to its site's zone, summer
/// time included. In the hour that comes twice the time at which the agent got the frame tells
/// which one is meant. Not thread-safe.
class LinacClocks {
 public:
  /// `sites`: the folder of the sites' files. `store` is to outlive this.
  LinacClocks(std::filesystem::path sites, store::StoreReader& store);

  /// Without an offset where the site's file names no zone that this machine knows, or where two
  /// are possible and the frame cannot be read.
  ZonedTime at(const store::LinacRow& linac, const FramePlace& frame);
  ZonedTime at(const store::LinacRow& linac, const store::GapEdge& edge);
  /// Of one between two others, such as a beam of a record.
  ZonedTime between(const store::LinacRow& linac, std::int64_t local, const ZonedTime& first,
                    const ZonedTime& last);

 private:
  const std::optional<TimeZone>& zone_of(const std::string& site);
  /// Of the first frame from one place to another, both included and of one second.
  ZonedTime at_first(const store::LinacRow& linac, const FramePlace& from, const FramePlace& to);
  ZonedTime resolve(const store::LinacRow& linac, std::int64_t local,
                    const std::function<std::optional<std::int64_t>()>& about);

  std::filesystem::path sites_;
  store::StoreReader& store_;
  std::map<std::string, std::optional<TimeZone>> zones_;
};

/// `2026-03-02T08:00:06+11:00`, without the offset where it is not known; `-` where there is no
/// date.
std::string zoned_listed(const ZonedTime& time);

/// Adds two keys: `key`_utc, `2026-03-01T21:00:06Z`, and `key`_offset, `+11:00`. What is not known
/// is null.
void put_utc(nlohmann::ordered_json& object, const std::string& key, const ZonedTime& time);

}  // namespace icom::cli
