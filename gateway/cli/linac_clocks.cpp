#include "gateway/cli/linac_clocks.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

#include "common/config/site_settings.hpp"
#include "gateway/cli/linac_time_text.hpp"

namespace icom::cli {

namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;

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

ZonedTime LinacClocks::at_first(const store::LinacRow& linac, const FramePlace& from,
                                const FramePlace& to) {
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
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  return at_first(linac, {edge.epoch, edge.time, edge.sub, 0},
                  {edge.epoch, edge.time, edge.sub, kMost});
}

ZonedTime LinacClocks::between(const store::LinacRow& linac, std::int64_t local,
                               const ZonedTime& first, const ZonedTime& last) {
  return resolve(linac, local, [&]() -> std::optional<std::int64_t> {
    const auto from = first.utc();
    const auto to = last.utc();
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

void put_utc(nlohmann::ordered_json& object, const std::string& key, const ZonedTime& time) {
  nlohmann::ordered_json& utc = object[key + "_utc"] = nullptr;
  if (const auto seconds = time.utc()) {
    const std::string text = linac_time_iso(*seconds);
    if (!text.empty()) utc = text + "Z";
  }
  object[key + "_offset"] = time.offset ? nlohmann::ordered_json(offset_text(*time.offset))
                                        : nlohmann::ordered_json(nullptr);
}

}  // namespace icom::cli
