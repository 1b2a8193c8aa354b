#include "gateway/cli/gap_listing.hpp"

#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/linac_time_json.hpp"
#include "gateway/cli/shown_text.hpp"
#include "gateway/cli/text_table.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

TextTable table_of_gaps() {
  using enum TextTable::Align;
  return TextTable({{"site"},
                    {"linac"},
                    {"from"},
                    {"to"},
                    {"kind"},
                    {"missing", right},
                    {"given up", right},
                    {"with patient", right},
                    {"why"}});
}

std::vector<std::string> gap_row(const store::LinacRow& linac, const store::Gap& gap,
                                 LinacClocks& clocks) {
  const auto& given_up = gap.given_up;
  return {linac.site,
          linac.serial,
          zoned_listed(clocks.at(linac, gap.from)),
          zoned_listed(clocks.at(linac, gap.to)),
          gap.kind,
          std::to_string(gap.missing_estimate) + (gap.missing ? " " : "?"),
          given_up ? std::to_string(given_up->frames) : "",
          given_up ? std::to_string(given_up->frames_with_patient) : "",
          given_up ? to_terminal(given_up->reasons) : ""};
}

}  // namespace

Json gap_json(const store::LinacRow& linac, const store::Gap& gap, LinacClocks& clocks) {
  Json object;
  object["from"] = linac_time_json(gap.from.time);
  object["from_counter"] = gap.from.counter;
  object["to"] = linac_time_json(gap.to.time);
  object["to_counter"] = gap.to.counter;
  object["kind"] = gap.kind;
  object["missing"] = or_null(gap.missing);
  object["missing_estimate"] = gap.missing_estimate;
  const auto& given_up = gap.given_up;
  object["given_up"] = given_up ? Json(given_up->frames) : Json(nullptr);
  object["given_up_with_patient"] = given_up ? Json(given_up->frames_with_patient) : Json(nullptr);
  object["reason"] = given_up ? Json(given_up->reasons) : Json(nullptr);
  put_utc(object, "from", clocks.at(linac, gap.from));
  put_utc(object, "to", clocks.at(linac, gap.to));
  return object;
}

void list_gaps(const Sources& sources, const LedgerFilter& filter, bool json, std::ostream& out) {
  store::StoreReader reader(sources.store);
  LinacClocks clocks(sources.sites, reader);
  TextTable table = table_of_gaps();
  for (const store::LinacRow& linac : reader.linacs()) {
    if (filter.serial && *filter.serial != linac.serial) {
      continue;
    }
    for (const store::Gap& gap : reader.gaps(linac.id)) {
      if ((filter.since && gap.to.time < *filter.since) ||
          (filter.until && gap.from.time >= *filter.until)) {
        continue;
      }
      if (json) {
        Json object{{"site", linac.site}, {"linac", linac.serial}};
        object.update(gap_json(linac, gap, clocks));
        out << object.dump() << '\n';
      } else {
        table.add(gap_row(linac, gap, clocks));
      }
    }
  }
  if (!json) {
    table.print(out);
  }
}

}  // namespace icom::cli
