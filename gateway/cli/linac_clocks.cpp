#include "gateway/cli/linac_clocks.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

#include "common/config/site_settings.hpp"
#include "gateway/cli/linac_time_text.hpp"

namespace icom::cli {

namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

}  // namespace

LinacClocks::LinacClocks(std::filesystem::path sites, store::StoreReader& store)
    : sites_(std::move(sites)), store_(store) {}

const std::optional<TimeZone>& LinacClocks::zone_of(const std::string& site) {
  const auto [known, is_new] = zones_.try_emplace(site);
  if (is_new) {
    known->second =
        TimeZone::find(config::readable_part_of_site(sites_ / (site + ".yaml")).timezone);
  }
  return known->second;
}

ZonedTime LinacClocks::resolve(const store::LinacRow& linac, std::int64_t local,
                               const std::function<std::optional<std::int64_t>()>& about) {
  const std::optional<TimeZone>& zone = zone_of(linac.site);
  if (!zone) {
    return {local};
  }
  if (const auto stretch = zone->around(local)) {
    return {local, stretch->offset};
  }
  const std::optional<std::int64_t> near = about();
  return {local, near ? std::optional(zone->offset_of(local, *near)) : std::nullopt};
}

std::optional<ZonedTime> LinacClocks::stored_at(const store::LinacRow& linac,
                                                const FramePlace& place) {
  const bool is_found = found_.linac == linac.id && (!found_.from || place >= *found_.from) &&
                        (!found_.until || place < *found_.until);
  if (!is_found) {
    const store::ZonePlaces places = store_.zone_places(linac.id, place);
    found_ = {.linac = linac.id};
    if (places.here) {
      found_.from = places.here->from;
      found_.zone = places.here->zone;
    }
    if (places.next) {
      found_.until = places.next->from;
    }
  }
  return found_.zone ? std::optional(ZonedTime{place.time, found_.zone->utc_offset, true})
                     : std::nullopt;
}

ZonedTime LinacClocks::at_first(const store::LinacRow& linac, const FramePlace& from,
                                const FramePlace& to) {
  if (const auto stored = stored_at(linac, to)) {
    return *stored;
  }
  return resolve(linac, from.time, [&]() -> std::optional<std::int64_t> {
    try {
      const auto received = store_.received_us(linac.id, from, to);
      return received ? std::optional(*received / kUsPerSecond) : std::nullopt;
    } catch (const std::runtime_error&) {
      return std::nullopt;  // damaged: the listing itself is whole
    }
  });
}

ZonedTime LinacClocks::at(const store::LinacRow& linac, const FramePlace& frame) {
  return at_first(linac, frame, frame);
}

ZonedTime LinacClocks::at(const store::LinacRow& linac, const store::GapEdge& edge) {
  return at_first(linac, {edge.epoch, edge.time, edge.sub, 0},
                  {edge.epoch, edge.time, edge.sub, kMost});
}

ZonedTime LinacClocks::of(const store::LinacRow& linac, const store::FrameKey& frame) {
  if (const auto stored = stored_at(linac, frame.place)) {
    return *stored;
  }
  return resolve(linac, frame.place.time,
                 [&] { return std::optional(frame.received_us / kUsPerSecond); });
}

ZonedTime LinacClocks::within(const store::LinacRow& linac, const ZonedSpan& record,
                              std::int64_t epoch, std::int64_t local) {
  const ZonedTime& start = record.start;
  const ZonedTime& end = record.end;
  if (epoch > 0) {
    if (const auto stored = stored_at(linac, {epoch, local, kMost, kMost})) {
      return *stored;
    }
  }
  if (start.is_stored && end.is_stored && start.offset == end.offset) {
    return {local, start.offset, true};
  }
  return resolve(linac, local, [&]() -> std::optional<std::int64_t> {
    const auto from = start.utc();
    const auto to = end.utc();
    return from && to ? std::optional(*from + (*to - *from) / 2) : std::nullopt;
  });
}

std::string zoned_listed(const ZonedTime& time) {
  const std::string text = linac_time_iso(time.local);
  if (text.empty()) {
    return "-";
  }
  return time.offset ? text + offset_text(*time.offset) : text;
}

std::string utc_text(const ZonedTime& time) {
  const auto seconds = time.utc();
  const std::string text = seconds ? linac_time_iso(*seconds) : std::string();
  return text.empty() ? text : text + "Z";
}

void put_utc(nlohmann::ordered_json& object, const std::string& key, const ZonedTime& time) {
  const std::string utc = utc_text(time);
  object[key + "_utc"] =
      utc.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(utc);
  object[key + "_offset"] = time.offset ? nlohmann::ordered_json(offset_text(*time.offset))
                                        : nlohmann::ordered_json(nullptr);
}

}  // namespace icom::cli
