#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {

Entry OwnedEntry::entry() const {
  return {.kind = kind,
          .run = run,
          .seq = seq,
          .received_us = received_us,
          .has_patient = has_patient,
          .bytes = as_bytes(bytes)};
}

std::ostream& operator<<(std::ostream& out, const OwnedEntry& entry) {
  return out << "{kind " << static_cast<int>(entry.kind) << ", run " << entry.run << ", seq "
             << entry.seq << ", " << entry.bytes.size() << " bytes}";
}

OwnedEntry owned(const Entry& entry) {
  return {.kind = entry.kind,
          .run = entry.run,
          .seq = entry.seq,
          .received_us = entry.received_us,
          .has_patient = entry.has_patient,
          .bytes = std::string(as_text(entry.bytes))};
}

OwnedEntry frame(std::uint64_t run, std::uint64_t number, bool has_patient, std::size_t size) {
  std::string bytes = "frame " + std::to_string(number) + " ";
  bytes.resize(size, static_cast<char>('a' + number % 26));
  return {.kind = EntryKind::frame,
          .run = run,
          .seq = number,
          .received_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(number) * 250'000,
          .has_patient = has_patient,
          .bytes = std::move(bytes)};
}

std::vector<OwnedEntry> read_all(SpoolReader& reader) {
  std::vector<OwnedEntry> entries;
  while (const auto entry = reader.next()) entries.push_back(owned(*entry));
  return entries;
}

std::vector<OwnedEntry> read_all(os::FileSystem& files) {
  SpoolReader reader(files, kSpool);
  return read_all(reader);
}

std::vector<std::uint64_t> seqs_of(const std::vector<OwnedEntry>& entries) {
  std::vector<std::uint64_t> seqs;
  for (const auto& entry : entries) {
    if (entry.kind != EntryKind::hole) seqs.push_back(entry.seq);
  }
  return seqs;
}

std::vector<OwnedEntry> holes_of(const std::vector<OwnedEntry>& entries) {
  std::vector<OwnedEntry> holes;
  for (const auto& entry : entries) {
    if (entry.kind == EntryKind::hole) holes.push_back(entry);
  }
  return holes;
}

std::vector<std::filesystem::path> segments_of(const os::FaultingFileSystem& files) {
  std::vector<std::filesystem::path> segments;
  for (const auto& path : files.all_files()) {
    if (path.extension() == ".spool") segments.push_back(path);
  }
  return segments;
}

}  // namespace icom::spool
