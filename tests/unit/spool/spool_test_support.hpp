// Entries to write to a spool and what a reader gives back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "agent/spool/spool_reader.hpp"
#include "agent/spool/spool_writer.hpp"
#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::spool {

inline const std::filesystem::path kSpool = "/spool/4299";

/// An entry that owns its bytes.
struct OwnedEntry {
  EntryKind kind = EntryKind::frame;
  std::uint64_t run = 0;
  std::uint64_t seq = 0;
  std::int64_t received_us = 0;
  bool has_patient = false;
  std::string bytes{};

  [[nodiscard]] Entry entry() const;
  friend bool operator==(const OwnedEntry&, const OwnedEntry&) = default;
};
std::ostream& operator<<(std::ostream& out, const OwnedEntry& entry);

OwnedEntry owned(const Entry& entry);

/// A frame-like entry, different for each `number`, as a writer of `run` numbers it when it is its
/// number-th.
OwnedEntry frame(std::uint64_t run, std::uint64_t number, bool has_patient = false,
                 std::size_t size = 20);

/// Everything that next() gives now.
std::vector<OwnedEntry> read_all(SpoolReader& reader);
/// The same with a reader of its own.
std::vector<OwnedEntry> read_all(os::FileSystem& files);

/// The sequence numbers of those that are no holes.
std::vector<std::uint64_t> seqs_of(const std::vector<OwnedEntry>& entries);
/// Those that are holes.
std::vector<OwnedEntry> holes_of(const std::vector<OwnedEntry>& entries);

std::vector<std::filesystem::path> segments_of(const os::FaultingFileSystem& files);

}  // namespace icom::spool
