#include "gateway/cli/gap_listing.hpp"

#include <iomanip>
#include <ostream>

#include "gateway/cli/linac_time_json.hpp"
#include "gateway/cli/shown_text.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

void print_gap(const store::LinacRow& linac, const store::Gap& gap, std::ostream& out) {
  out << std::left << std::setw(8) << linac.site << std::setw(8) << linac.serial << std::setw(21)
      << linac_time_listed(gap.from.time) << std::setw(21) << linac_time_listed(gap.to.time)
      << std::setw(9) << gap.kind << std::right << std::setw(9) << gap.missing_estimate
      << (gap.missing ? " " : "?");
  if (gap.given_up) {
    out << std::setw(10) << gap.given_up->frames << std::setw(13)
        << gap.given_up->frames_with_patient << "  " << to_terminal(gap.given_up->reasons);
  }
  out << '\n';
}

}  // namespace

Json gap_json(const store::Gap& gap) {
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
  return object;
}

void list_gaps(const std::filesystem::path& store, const LedgerFilter& filter, bool json,
               std::ostream& out) {
  store::StoreReader reader(store);
  if (!json) {
    out << "site    linac   from                 to                   kind       missing"
           "  given up  with patient  why\n";
  }
  for (const store::LinacRow& linac : reader.linacs()) {
    if (filter.serial && *filter.serial != linac.serial) {
      continue;
    }
    for (const store::Gap& gap : reader.gaps(linac.id)) {
      if (filter.since && gap.to.time < *filter.since) {
        continue;
      }
      if (json) {
        Json object{{"site", linac.site}, {"linac", linac.serial}};
        object.update(gap_json(gap));
        out << object.dump() << '\n';
      } else {
        print_gap(linac, gap, out);
      }
    }
  }
}

}  // namespace icom::cli
