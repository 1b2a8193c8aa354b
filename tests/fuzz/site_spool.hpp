// The spools of a small site, always the same: two Linacs, two runs each, two segments a run, three
// entries a segment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>

#include "agent/spool/entry_header.hpp"
#include "agent/spool/segment_files.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::fuzz {

inline constexpr std::uint32_t kSiteLinacs = 2;
inline constexpr std::uint64_t kSiteRuns = 2;  // numbered from 1, oldest first
inline constexpr std::uint64_t kSegmentsOfRun = 2;
inline constexpr std::uint64_t kEntriesOfSegment = 3;

inline std::filesystem::path site_spool(std::uint32_t linac) {
  return "/spool/" + std::to_string(linac);
}

struct SiteSpools {
  using Position = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>;  // Linac, run, number

  struct Place {
    ByteVector bytes;
    std::filesystem::path segment;
  };
  std::map<Position, Place> entries;
  std::map<std::filesystem::path, ByteVector> segments;
};

inline SiteSpools make_site_spools() {
  SiteSpools site;
  for (std::uint32_t linac = 1; linac <= kSiteLinacs; ++linac) {
    for (std::uint64_t run = 1; run <= kSiteRuns; ++run) {
      for (std::uint64_t seq = 1; seq <= kSegmentsOfRun * kEntriesOfSegment; ++seq) {
        const std::uint64_t number = (run - 1) * kSegmentsOfRun + (seq - 1) / kEntriesOfSegment + 1;
        const auto path = spool::segment_path(site_spool(linac), number);
        const auto tick = static_cast<unsigned>(100 * linac + 10 * run + seq);
        test::FrameSpec spec;
        spec.time = test::time_after(tick);
        spec.counter = static_cast<std::uint8_t>(tick);
        spec.items = test::typical_items(test::Patient{}, tick, 2);
        const ByteVector bytes = test::build_frame(spec);
        ByteVector& segment = site.segments[path];
        if (segment.empty()) append(segment, spool::encode_segment_header({run, number, seq}));
        append(segment, spool::encode_entry_header({.run = run, .seq = seq, .bytes = bytes}));
        append(segment, bytes);
        site.entries[{linac, run, seq}] = {bytes, path};
      }
    }
  }
  return site;
}

inline const SiteSpools& site_spools() {
  static const SiteSpools site = make_site_spools();
  return site;
}

}  // namespace icom::fuzz
