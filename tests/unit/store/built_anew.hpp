// What the stored frames of a Linac make, to compare its records with.
#pragma once

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "gateway/records/record_builder.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::test {

/// Parts are written once a record is closed.
inline void drop_parts_of_open(std::vector<records::Record>& all) {
  for (records::Record& record : all) {
    if (!record.next) {
      record.beams.clear();
      record.interlocks.clear();
    }
  }
}

/// The records of a Linac, built from nothing.
inline std::vector<records::Record> records_built_anew(const std::filesystem::path& folder,
                                                       store::LinacId linac) {
  store::StoreReader reader(folder);
  std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> gap_ends;
  for (const store::Gap& gap : reader.gaps(linac)) {
    if (gap.missing != 0) {
      gap_ends.insert({gap.to.epoch, gap.to.time, gap.to.sub});
    }
  }
  records::RecordBuilder builder;
  std::vector<records::Record> built;
  bool first_ever = true;
  reader.all_frames(linac, [&](const store::FrameKey& key, Bytes frame) {
    const FrameFacts facts = facts_of(frame);
    const bool gap =
        gap_ends.erase({key.place.epoch, key.place.time, key.place.sub}) > 0 ||  // the first only
        (std::exchange(first_ever, false) && records::is_amid_treatment(facts));
    if (auto record = builder.add({key.place, facts, gap})) {
      built.push_back(std::move(*record));
    }
    return true;
  });
  if (builder.open() != nullptr) {
    built.push_back(*builder.open());
  }
  drop_parts_of_open(built);
  return built;
}

/// Those of its rows, in order.
inline std::vector<records::Record> listed_records(const std::filesystem::path& folder,
                                                   store::LinacId linac) {
  store::StoreReader reader(folder);
  std::vector<records::Record> listed;
  for (const store::RecordRow& row : reader.records({.with_undelivered = true})) {
    if (row.linac.id == linac && row.stored.record.frames > 0) {
      listed.push_back(row.stored.record);
      listed.back().beams = reader.beams(row.stored.id);
      listed.back().interlocks = reader.interlocks(row.stored.id);
    }
  }
  drop_parts_of_open(listed);
  std::ranges::sort(listed, {}, &records::Record::first);
  return listed;
}

}  // namespace icom::test
