#include "gateway/cli/ledger_listing.hpp"

#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "common/text/hex.hpp"
#include "gateway/cli/text_table.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

namespace {

nlohmann::ordered_json row_json(const store::LedgerRow& row) {
  nlohmann::ordered_json object;
  object["site"] = row.linac.site;
  object["linac"] = row.linac.serial;
  object["received"] = row.counts.received;
  object["stored"] = row.counts.stored;
  object["duplicates"] = row.counts.duplicates;
  object["conflicts"] = row.counts.conflicts;
  object["gaps"] = row.gaps;
  object["missing"] = row.missing;
  object["missing_estimate"] = row.missing_estimate;
  object["junk_runs"] = row.counts.junk_runs;
  object["junk_bytes"] = row.counts.junk_bytes;
  object["junk_dropped_runs"] = row.counts.junk_dropped_runs;
  object["junk_dropped_bytes"] = row.counts.junk_dropped_bytes;
  object["events_dropped"] = row.counts.events_dropped;
  object["stored_bytes"] = row.counts.stored_bytes;
  object["given_up"] = row.given_up.frames;
  object["given_up_with_patient"] = row.given_up.frames_with_patient;
  object["given_up_reasons"] = row.given_up.reasons;
  object["machine_id"] = nullptr;
  if (row.machine.learnt) object["machine_id"] = *row.machine.learnt;
  object["other_machine_id"] = nullptr;
  if (row.machine.other) object["other_machine_id"] = *row.machine.other;
  object["other_machine_frames"] = row.machine.other_frames;
  return object;
}

TextTable table_of_ledger() {
  using enum TextTable::Align;
  return TextTable({{"site"},
                    {"linac"},
                    {"received", right},
                    {"stored", right},
                    {"duplicates", right},
                    {"conflicts", right},
                    {"gaps", right},
                    {"missing", right},
                    {"given up", right},
                    {"junk", right},
                    {"dropped", right}});
}

std::vector<std::string> ledger_row(const store::LedgerRow& row) {
  std::vector<std::string> cells{row.linac.site, row.linac.serial};
  for (const std::int64_t count :
       {row.counts.received, row.counts.stored, row.counts.duplicates, row.counts.conflicts,
        row.gaps, row.missing_estimate, row.given_up.frames, row.counts.junk_runs,
        row.counts.junk_dropped_runs}) {
    cells.push_back(std::to_string(count));
  }
  return cells;
}

}  // namespace

void list_ledger(const std::filesystem::path& store, const LedgerFilter& filter, bool json,
                 std::ostream& out) {
  store::StoreReader reader(store);
  TextTable table = table_of_ledger();
  for (const store::LedgerRow& row : reader.ledger(filter.serial, filter.since)) {
    if (json) {
      out << row_json(row).dump() << '\n';
    } else {
      table.add(ledger_row(row));
    }
  }
  if (!json) {
    table.print(out);
  }
}

bool list_frames(const std::filesystem::path& store, const LedgerFilter& filter, std::ostream& out,
                 std::ostream& problems) {
  store::StoreReader reader(store);
  bool whole = true;
  for (const store::LinacRow& linac : reader.linacs()) {
    if (filter.serial && *filter.serial != linac.serial) {
      continue;
    }
    try {
      reader.all_frames(linac.id, [&](const store::FrameKey& key, Bytes) {
        if (!filter.since || key.place.time >= *filter.since) {
          out << linac_time_text(key.place.time) << '\t' << int{key.counter} << '\t'
              << text::hex(key.hash) << '\n';
        }
        return true;
      });
    } catch (const std::system_error&) {
      throw;  // of `out`: nobody takes it any more
    } catch (const std::runtime_error& error) {
      whole = false;
      problems << "icom-gateway: " << linac.site << ": Linac " << linac.serial << ": "
               << error.what() << "; what comes after it is not listed, other Linacs' frames are\n";
    }
  }
  return whole;
}

}  // namespace icom::cli
