#include "gateway/cli/clock_listing.hpp"

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/linac_clocks.hpp"
#include "gateway/cli/linac_time_json.hpp"
#include "gateway/cli/text_table.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

namespace {

using ClockJson = nlohmann::ordered_json;

constexpr std::int64_t kUsOfSecond = 1'000'000;

/// As clocks at the site show it; in UTC where its zone is not known.
ZonedTime since_of(const store::ClockEntry& entry) {
  const std::int64_t utc = entry.since_us / kUsOfSecond;
  const std::int64_t offset = entry.zone.utc_offset.value_or(0);
  return {utc + offset, offset};
}

std::optional<std::int64_t> error_of(const store::ClockEntry& entry) {
  const auto offset = entry.zone.utc_offset;
  return offset ? std::optional(entry.ahead_us - *offset * kUsOfSecond) : std::nullopt;
}

ClockJson clock_json(const store::LinacRow& linac, const store::ClockEntry& entry) {
  const ZonedTime since = since_of(entry);
  const auto error = error_of(entry);
  ClockJson object;
  object["site"] = linac.site;
  object["linac"] = linac.serial;
  object["number"] = entry.number;
  object["since"] = linac_time_json(since.local);
  object["ahead_of_utc_us"] = entry.ahead_us;
  object["ahead_of_zone_us"] = error ? ClockJson(*error) : ClockJson(nullptr);
  object["zone"] = entry.zone.name.empty() ? ClockJson(nullptr) : ClockJson(entry.zone.name);
  put_utc(object, "since", since);
  return object;
}

std::vector<std::string> clock_row(const store::LinacRow& linac, const store::ClockEntry& entry) {
  const ZonedTime since = since_of(entry);
  const auto error = error_of(entry);
  const std::string utc = utc_text(since);
  return {linac.site,
          linac.serial,
          utc.empty() ? "-" : utc,
          zoned_listed(since),
          lead_text(entry.ahead_us),
          error ? lead_text(*error) : "-",
          entry.zone.name.empty() ? "-" : entry.zone.name};
}

}  // namespace

void list_clocks(const Sources& sources, const ClockFilter& filter, bool json, std::ostream& out) {
  using enum TextTable::Align;
  store::StoreReader reader(sources.store);
  TextTable table({{"site"},
                   {"linac"},
                   {"since (UTC)"},
                   {"since"},
                   {"ahead of UTC", right},
                   {"ahead of its zone", right},
                   {"zone"}});
  // Read whole, and then printed: whoever reads slowly holds up no WAL.
  std::string lines;
  for (const store::LinacRow& linac : reader.linacs()) {
    if ((filter.site && *filter.site != linac.site) ||
        (filter.serial && *filter.serial != linac.serial)) {
      continue;
    }
    reader.clocks(linac.id, [&](const store::ClockEntry& entry) {
      if (json) {
        lines += clock_json(linac, entry).dump() + '\n';
      } else {
        table.add(clock_row(linac, entry));
      }
    });
  }
  if (json) {
    out << lines;
  } else {
    table.print(out);
  }
}

}  // namespace icom::cli
