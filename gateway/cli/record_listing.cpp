#include "gateway/cli/record_listing.hpp"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "gateway/archive/archive_index.hpp"
#include "gateway/cli/gap_listing.hpp"
#include "gateway/cli/linac_time_json.hpp"
#include "gateway/cli/shown_text.hpp"

namespace icom::cli {

namespace {

using Json = nlohmann::ordered_json;

Json beams_json(const std::vector<records::Beam>& beams) {
  Json list = Json::array();
  for (const records::Beam& beam : beams) {
    list.push_back({{"field_id", to_utf8(beam.field_id)},
                    {"start", linac_time_json(beam.first_time)},
                    {"end", linac_time_json(beam.last_time)},
                    {"frames", beam.frames},
                    {"delivered_mu", rounded(beam.delivered_mu)}});
  }
  return list;
}

Json interlocks_json(const std::vector<records::Interlock>& interlocks) {
  Json list = Json::array();
  for (const records::Interlock& interlock : interlocks) {
    list.push_back({{"text", to_utf8(interlock.text)},
                    {"first", linac_time_json(interlock.first_time)},
                    {"last", linac_time_json(interlock.last_time)},
                    {"frames", interlock.frames}});
  }
  return list;
}

Json gaps_json(const std::vector<store::Gap>& gaps) {
  Json list = Json::array();
  for (const store::Gap& gap : gaps) {
    list.push_back(gap_json(gap));
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

Json record_json(const store::RecordRow& row, const Archived& in_archive,
                 const std::vector<records::Beam>& beams,
                 const std::vector<records::Interlock>& interlocks,
                 const std::vector<store::Gap>& gaps) {
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
  object["beams"] = beams_json(beams);
  object["interlocks"] = interlocks_json(interlocks);
  object["gap_list"] = gaps_json(gaps);
  return object;
}

void print_record(const store::RecordRow& row, std::ostream& out) {
  const records::Record& record = row.stored.record;
  const char* state = !record.next ? "open" : record.complete() ? "complete" : "gaps";
  out << std::left << std::setw(8) << row.stored.id << std::setw(8) << row.linac.site
      << std::setw(8) << row.linac.serial << std::setw(21) << linac_time_listed(record.first.time)
      << std::setw(21) << linac_time_listed(record.last.time) << std::right << std::setw(7)
      << record.frames << std::setw(10) << std::fixed << std::setprecision(1) << record.delivered_mu
      << "  " << std::left << std::setw(10) << state << to_terminal(record.patient_id) << "  "
      << to_terminal(record.patient_name) << '\n';
}

}  // namespace

void list_records(const std::filesystem::path& store, const store::RecordFilter& filter, bool json,
                  std::ostream& out) {
  store::StoreReader reader(store);
  auto index = archive::ArchiveIndex::open_for_reading(store);
  if (!json) {
    out << "id      site    linac   start                end                   frames        MU"
           "  state     patient\n";
  }
  for (const store::RecordRow& row : reader.records(filter)) {
    if (json) {
      out << record_json(row, archived(index, row.stored.id), reader.beams(row.stored.id),
                         reader.interlocks(row.stored.id), reader.gaps_of(row))
                 .dump()
          << '\n';
    } else {
      print_record(row, out);
    }
  }
}

}  // namespace icom::cli
