#include "gateway/archive/archive_index.hpp"

#include <spdlog/spdlog.h>

#include "common/os/file_system.hpp"

namespace icom::archive {

using store::Database;
using store::Query;

namespace {

/// Folders whose names are remembered: a patient has one, and records of one come together.
constexpr std::size_t kMostFolders = 64;
constexpr std::string_view kSuffix = ".xz";

struct Name {
  std::string folder;
  std::optional<std::int64_t> second;
};

Name name_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos || !file.ends_with(kSuffix)) return {};
  const std::string_view stem = std::string_view(file).substr(slash + 1);
  return {file.substr(0, slash), second_of_stem(stem.substr(0, stem.size() - kSuffix.size()))};
}

std::filesystem::path index_file(const std::filesystem::path& store_folder) {
  return store_folder / "archive.db";
}

}  // namespace

ArchiveIndex::ArchiveIndex(const std::filesystem::path& file, Database::Access access)
    : database_(std::make_unique<Database>(file, access)) {}

ArchiveIndex ArchiveIndex::open_for_writing(const std::filesystem::path& store_folder) {
  // SQLite would make it readable by all, and the names of patients' folders are in it. If it is
  // there already, good.
  std::unique_ptr<os::File> made;
  (void)os::real_file_system().create(index_file(store_folder), made);
  made.reset();
  const auto file = index_file(store_folder);
  try {
    return make(file);
  } catch (const store::SqlError& error) {
    if (!error.is_damage()) {
      throw;
    }
    spdlog::error(
        "the list of archived files is damaged ({}): it is kept as {}.damaged and made again from "
        "the records; nothing is lost, but have this machine's disk and memory checked",
        error.what(), file.string());
  }
  for (const char* part : {"", "-wal", "-shm"}) {
    std::error_code ignored;  // there may be no such part; an old one that stays shows in make()
    std::filesystem::rename(file.string() + part, file.string() + ".damaged" + part, ignored);
  }
  return make(file);
}

ArchiveIndex ArchiveIndex::make(const std::filesystem::path& file) {
  ArchiveIndex index(file, Database::Access::read_write);
  // It is small, and a damaged page would otherwise show once a record needs it. Looked at twice: a
  // read that fails once is told in the same way, and without the list a record whose file changed
  // meanwhile would get a second one.
  const auto is_sound = [&index] {
    Query check(*index.database_, "PRAGMA quick_check(1)");
    return !check.step() || check.text(0) == "ok";
  };
  if (!is_sound() && !is_sound()) {
    throw store::SqlError::damaged("a page of it is not what was written");
  }
  index.database_->execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "CREATE TABLE IF NOT EXISTS written ("
      "  record BIGINT PRIMARY KEY, revision BIGINT NOT NULL, file TEXT NOT NULL UNIQUE,"
      "  stale_file TEXT NOT NULL);"
      "CREATE INDEX IF NOT EXISTS written_stale ON written (stale_file) WHERE stale_file <> '';"
      "CREATE TABLE IF NOT EXISTS unwritten ("
      "  record BIGINT PRIMARY KEY, revision BIGINT NOT NULL, reason TEXT NOT NULL)");
  return index;
}

std::optional<ArchiveIndex> ArchiveIndex::open_for_reading(
    const std::filesystem::path& store_folder) {
  std::error_code error;
  if (!std::filesystem::exists(index_file(store_folder), error)) {
    return std::nullopt;
  }
  ArchiveIndex index(index_file(store_folder), Database::Access::read_only);
  Query table(*index.database_, "SELECT 1 FROM sqlite_master WHERE name = 'written'");
  if (!table.step()) return std::nullopt;
  // An archivist of an earlier version did not make this one.
  Query other(*index.database_, "SELECT 1 FROM sqlite_master WHERE name = 'unwritten'");
  index.has_unwritten_ = other.step();
  return std::optional(std::move(index));
}

std::optional<ArchiveIndex::Entry> ArchiveIndex::find(std::int64_t record) {
  Query query(*database_, "SELECT revision, file, stale_file FROM written WHERE record = ?");
  query.bind(record);
  if (!query.step()) {
    return std::nullopt;
  }
  return Entry{query.integer(0), query.text(1), query.text(2)};
}

std::optional<std::string> ArchiveIndex::written_file(std::int64_t record) {
  const auto entry = find(record);
  return entry && entry->revision > 0 ? std::optional(entry->file) : std::nullopt;
}

std::map<std::int64_t, std::int64_t> ArchiveIndex::revisions(std::int64_t after,
                                                             std::int64_t last) {
  Query query(*database_, "SELECT record, revision FROM written WHERE record > ? AND record <= ?");
  query.bind(after, last);
  std::map<std::int64_t, std::int64_t> all;
  while (query.step()) {
    all[query.integer(0)] = query.integer(1);
  }
  return all;
}

std::optional<std::int64_t> ArchiveIndex::owner(const std::string& file) {
  Query query(*database_,
              "SELECT record FROM written WHERE file = ? UNION ALL "
              "SELECT record FROM written WHERE stale_file = ? AND stale_file <> ''");
  query.bind(file, file);
  return query.step() ? std::optional(query.integer(0)) : std::nullopt;
}

void ArchiveIndex::claim(std::int64_t record, const std::string& file) {
  const auto before = find(record);
  const std::string stale = !before ? "" : before->file != file ? before->file : before->stale_file;
  Query query(*database_,
              "INSERT INTO written (record, revision, file, stale_file) VALUES (?, 0, ?, ?) "
              "ON CONFLICT (record) DO UPDATE SET revision = 0, file = excluded.file, "
              "stale_file = excluded.stale_file");
  query.bind(record, file, stale);
  query.run();
  if (before && !before->stale_file.empty() && before->stale_file != stale) {
    set_taken(before->stale_file, false);
  }
  set_taken(file, true);
  Query named(*database_, "DELETE FROM unwritten WHERE record = ?");
  named.bind(record);
  named.run();
}

void ArchiveIndex::set_written(std::int64_t record, std::int64_t revision) {
  Query query(*database_, "UPDATE written SET revision = ? WHERE record = ?");
  query.bind(revision, record);
  query.run();
}

void ArchiveIndex::clear_stale(std::int64_t record) {
  const auto entry = find(record);
  Query query(*database_, "UPDATE written SET stale_file = '' WHERE record = ?");
  query.bind(record);
  query.run();
  if (entry) set_taken(entry->stale_file, false);
}

void ArchiveIndex::remove(std::int64_t record) {
  const auto entry = find(record);
  for (const char* sql :
       {"DELETE FROM written WHERE record = ?", "DELETE FROM unwritten WHERE record = ?"}) {
    Query query(*database_, sql);
    query.bind(record);
    query.run();
  }
  if (entry) set_taken(entry->file, false);
}

FolderNames& ArchiveIndex::names(const std::string& folder) {
  const auto known = names_.find(folder);
  if (known != names_.end()) return known->second;
  if (names_.size() >= kMostFolders) names_.clear();
  FolderNames names;
  // All that begins with the folder's name and a slash, by the indices on both columns.
  Query query(*database_,
              "SELECT file FROM written WHERE file > ? AND file < ? UNION ALL "
              "SELECT stale_file FROM written WHERE stale_file > ? AND stale_file < ? "
              "AND stale_file <> ''");
  const std::string from = folder + '/';
  const std::string to = folder + static_cast<char>('/' + 1);
  query.bind(from, to, from, to);
  while (query.step()) {
    const Name name = name_of(query.text(0));
    if (name.folder == folder && name.second) names.take(*name.second);
  }
  return names_.emplace(folder, std::move(names)).first->second;
}

void ArchiveIndex::set_taken(const std::string& file, bool taken) {
  const Name name = name_of(file);
  const auto known = names_.find(name.folder);
  if (known == names_.end() || !name.second) return;
  taken ? known->second.take(*name.second) : known->second.release(*name.second);
}

std::optional<ArchiveIndex::Unwritten> ArchiveIndex::unwritten(std::int64_t record) {
  if (!has_unwritten_) return std::nullopt;
  Query query(*database_, "SELECT revision, reason FROM unwritten WHERE record = ?");
  query.bind(record);
  if (!query.step()) return std::nullopt;
  return Unwritten{query.integer(0), query.text(1)};
}

void ArchiveIndex::set_unwritten(std::int64_t record, const Unwritten& why) {
  Query query(*database_,
              "INSERT INTO unwritten (record, revision, reason) VALUES (?, ?, ?) "
              "ON CONFLICT (record) DO UPDATE SET revision = excluded.revision, "
              "reason = excluded.reason");
  query.bind(record, why.revision, why.reason);
  query.run();
}

std::map<std::int64_t, std::int64_t> ArchiveIndex::unwritten_revisions(std::int64_t after,
                                                                       std::int64_t last) {
  if (!has_unwritten_) return {};
  Query query(*database_,
              "SELECT record, revision FROM unwritten WHERE record > ? AND record <= ?");
  query.bind(after, last);
  std::map<std::int64_t, std::int64_t> all;
  while (query.step()) all[query.integer(0)] = query.integer(1);
  return all;
}

void ArchiveIndex::forget_unwritten() {
  database_->execute("DELETE FROM unwritten");
}

}  // namespace icom::archive
