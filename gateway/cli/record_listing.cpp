#include "gateway/cli/record_listing.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/archive/archive_index.hpp"
#include "gateway/cli/gap_listing.hpp"
#include "gateway/cli/linac_clocks.hpp"
#include "gateway/cli/linac_time_json.hpp"
#include "gateway/cli/shown_text.hpp"
#include "gateway/cli/text_table.hpp"

namespace icom::cli {

namespace {

using Json = nlohmann::ordered_json;

Json beams_json(const std::vector<records::Beam>& beams, const store::LinacRow& linac,
                const ZonedSpan& span, LinacClocks& clocks) {
  Json list = Json::array();
  for (const records::Beam& beam : beams) {
    Json object;
    object["field_id"] = to_utf8(beam.field_id);
    object["start"] = linac_time_json(beam.first_time);
    object["end"] = linac_time_json(beam.last_time);
    object["frames"] = beam.frames;
    object["delivered_mu"] = rounded(beam.delivered_mu);
    put_utc(object, "start", clocks.within(linac, span, beam.first_epoch, beam.first_time));
    put_utc(object, "end", clocks.within(linac, span, beam.last_epoch, beam.last_time));
    list.push_back(std::move(object));
  }
  return list;
}

Json interlocks_json(const std::vector<records::Interlock>& interlocks,
                     const store::LinacRow& linac, const ZonedSpan& span, LinacClocks& clocks) {
  Json list = Json::array();
  for (const records::Interlock& interlock : interlocks) {
    Json object;
    object["text"] = to_utf8(interlock.text);
    object["first"] = linac_time_json(interlock.first_time);
    object["last"] = linac_time_json(interlock.last_time);
    object["frames"] = interlock.frames;
    put_utc(object, "first",
            clocks.within(linac, span, interlock.first_epoch, interlock.first_time));
    put_utc(object, "last", clocks.within(linac, span, interlock.last_epoch, interlock.last_time));
    list.push_back(std::move(object));
  }
  return list;
}

Json gaps_json(const std::vector<store::Gap>& gaps, const store::LinacRow& linac,
               LinacClocks& clocks) {
  Json list = Json::array();
  for (const store::Gap& gap : gaps) {
    list.push_back(gap_json(linac, gap, clocks));
  }
  return list;
}

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

/// How the record stands in the archive.
struct Archived {
  std::optional<std::string> file;
  std::optional<std::string> problem;
};

Archived archived(std::optional<archive::ArchiveIndex>& index, std::int64_t record) {
  if (!index) return {};
  const auto unwritten = index->unwritten(record);
  return {index->written_file(record), unwritten ? std::optional(unwritten->reason) : std::nullopt};
}

Json record_json(const store::RecordRow& row, const ZonedSpan& span, const Archived& in_archive,
                 store::StoreReader& reader, LinacClocks& clocks) {
  const records::Record& record = row.stored.record;
  Json object;
  object["id"] = row.stored.id;
  object["site"] = row.linac.site;
  object["linac"] = row.linac.serial;
  object["patient_id"] = to_utf8(record.patient_id);
  object["patient_name"] = to_utf8(record.patient_name);
  object["start"] = linac_time_json(record.first.time);
  object["end"] = linac_time_json(record.last.time);
  object["frames"] = record.frames;
  object["delivered_mu"] = rounded(record.delivered_mu);
  object["complete"] = record.complete();
  object["archive_file"] = text_or_null(in_archive.file);
  object["archive_problem"] = text_or_null(in_archive.problem);
  object["open"] = !record.next.has_value();
  object["gaps"] = record.gaps;
  object["revision"] = row.stored.revision;
  object["beams"] = beams_json(reader.beams(row.stored.id), row.linac, span, clocks);
  object["interlocks"] = interlocks_json(reader.interlocks(row.stored.id), row.linac, span, clocks);
  object["interlocks_left_out"] = record.interlocks_left_out;
  object["gap_list"] = gaps_json(reader.gaps_of(row), row.linac, clocks);
  put_utc(object, "start", span.start);
  put_utc(object, "end", span.end);
  return object;
}

TextTable table_of_records() {
  using enum TextTable::Align;
  return TextTable({{"id"},
                    {"site"},
                    {"linac"},
                    {"start"},
                    {"end"},
                    {"frames", right},
                    {"MU", right},
                    {"state"},
                    {"patient"},
                    {"name"}});
}

std::string one_decimal(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::vector<std::string> record_row(const store::RecordRow& row, const ZonedSpan& span) {
  const records::Record& record = row.stored.record;
  return {std::to_string(row.stored.id),
          row.linac.site,
          row.linac.serial,
          zoned_listed(span.start),
          zoned_listed(span.end),
          std::to_string(record.frames),
          one_decimal(record.delivered_mu),
          !record.next        ? "open"
          : record.complete() ? "complete"
                              : "gaps",
          to_terminal(record.patient_id),
          to_terminal(record.patient_name)};
}

struct Shown {
  store::RecordRow row;
  ZonedSpan span;

  /// What it is sorted by: where the zone is not known, as if it were UTC.
  [[nodiscard]] std::int64_t begins() const { return span.start.utc().value_or(span.start.local); }
};

}  // namespace

void list_records(const Sources& sources, const store::RecordFilter& filter, bool json,
                  std::ostream& out) {
  store::StoreReader reader(sources.store);
  LinacClocks clocks(sources.sites, reader);
  auto index = archive::ArchiveIndex::open_for_reading(sources.store);
  std::vector<Shown> all;
  for (store::RecordRow& row : reader.records(filter)) {
    const records::Record& record = row.stored.record;
    const ZonedSpan span{clocks.at(row.linac, record.first), clocks.at(row.linac, record.last)};
    all.push_back({std::move(row), span});
  }
  std::ranges::stable_sort(all, {}, &Shown::begins);
  TextTable table = table_of_records();
  for (const Shown& one : all) {
    if (json) {
      out << record_json(one.row, one.span, archived(index, one.row.stored.id), reader, clocks)
                 .dump()
          << '\n';
    } else {
      table.add(record_row(one.row, one.span));
    }
  }
  if (!json) {
    table.print(out);
  }
}

}  // namespace icom::cli
