#include "gateway/archive/unwritten_records.hpp"

#include <limits>
#include <map>
#include <vector>

namespace icom::archive {

namespace {

constexpr std::size_t kRowsAtOnce = 4096;

}  // namespace

void visit_unwritten_records(store::StoreReader& reader, ArchiveIndex& index,
                             const std::function<void(const UnwrittenRecord&)>& visit) {
  std::map<std::int64_t, std::string> sites;
  for (const store::LinacRow& linac : reader.linacs()) sites[linac.id] = linac.site;
  std::int64_t done = std::numeric_limits<std::int64_t>::min();
  for (;;) {
    const auto records = reader.closed_records(done, kRowsAtOnce);
    if (records.empty()) return;
    const std::int64_t last = records.back().id;
    const auto written = index.revisions(done, last);
    const auto without_name = index.unwritten_revisions(done, last);
    for (const store::ClosedRecord& record : records) {
      const auto found = written.find(record.id);
      const bool has_file = found != written.end();
      const auto unnamed = without_name.find(record.id);
      if (unnamed != without_name.end() && unnamed->second == record.revision) continue;
      if (record.kept ? !has_file || found->second != record.revision : has_file) {
        visit({sites[record.linac], record.id, !has_file});
      }
    }
    done = last;
  }
}

}  // namespace icom::archive
