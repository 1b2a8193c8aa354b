#include "gateway/cli/record_export.hpp"

#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

#include "gateway/archive/xz_stream.hpp"
#include "gateway/cli/frame_csv.hpp"
#include "gateway/cli/frame_json.hpp"

namespace icom::cli {

namespace {

void export_xz(ExportedRecord& record, std::ostream& out) {
  archive::XzStream xz;
  record.each_frame([&](const store::FrameKey&, Bytes frame) { xz.add(frame); });
  out << as_text(xz.finish());
}

void export_csv(ExportedRecord& record, std::ostream& out) {
  CsvColumns columns;  // which ones there are is only known after the last frame
  record.each_frame([&](const store::FrameKey&, Bytes frame) { columns.add(values_of(frame)); });
  out << columns.header() << '\n';
  record.each_frame([&](const store::FrameKey& key, Bytes frame) {
    out << columns.row(key, record.time_of(key), values_of(frame)) << '\n';
  });
}

void export_jsonl(ExportedRecord& record, std::ostream& out) {
  record.each_frame([&](const store::FrameKey& key, Bytes frame) {
    out << frame_json(key, record.time_of(key), frame).dump() << '\n';
  });
}

}  // namespace

ExportedRecord::ExportedRecord(const Sources& sources, std::int64_t record)
    : reader_(sources.store), clocks_(sources.sites, reader_) {
  auto row = reader_.record(record);
  if (!row) {
    throw std::runtime_error("there is no record " + std::to_string(record) +
                             ": icom-gateway records lists them");
  }
  row_ = std::move(*row);
}

void ExportedRecord::each_frame(const EachFrame& use) {
  const records::Record& record = row_.stored.record;
  reader_.frames(row_.linac.id, record.first, record.last,
                 [&](const store::FrameKey& key, Bytes frame) {
                   use(key, frame);
                   return true;
                 });
}

std::optional<ExportFormat> parse_format(const std::string& name) {
  if (name == "xz") return ExportFormat::xz;
  if (name == "csv") return ExportFormat::csv;
  if (name == "jsonl") return ExportFormat::jsonl;
  return std::nullopt;
}

void export_record(ExportedRecord& record, ExportFormat format, std::ostream& out) {
  switch (format) {
    case ExportFormat::xz:
      return export_xz(record, out);
    case ExportFormat::csv:
      return export_csv(record, out);
    case ExportFormat::jsonl:
      return export_jsonl(record, out);
  }
}

}  // namespace icom::cli
