#include "gateway/archive/unwritten_records.hpp"

#include <map>

namespace icom::archive {

std::vector<UnwrittenRecord> unwritten_records(store::StoreReader& reader, ArchiveIndex& index) {
  std::map<std::int64_t, std::string> sites;
  for (const store::LinacRow& linac : reader.linacs()) sites[linac.id] = linac.site;
  const auto written = index.revisions();
  const auto without_name = index.unwritten_revisions();
  std::vector<UnwrittenRecord> all;
  for (const auto& record : reader.closed_records()) {
    const auto found = written.find(record.id);
    const bool has_file = found != written.end();
    const auto unnamed = without_name.find(record.id);
    if (unnamed != without_name.end() && unnamed->second == record.revision) continue;
    if (record.kept ? !has_file || found->second != record.revision : has_file) {
      all.push_back({sites[record.linac], record.id, !has_file});
    }
  }
  return all;
}

}  // namespace icom::archive
