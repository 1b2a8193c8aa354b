// Which record stands in which file of the archive. docs/storage.md, "The archive".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "gateway/archive/folder_names.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::archive {

/// The archivist's own small database, `archive.db` in the store's folder: so the store keeps its
/// one writer, and a list that is lost is made again by writing the archive again. Not thread-safe.
/// Everything throws store::SqlError.
class ArchiveIndex {
 public:
  /// Makes it if it is missing, and if it is damaged: then what was there is kept as
  /// `archive.db.damaged` (one at most), and that is logged.
  static ArchiveIndex open_for_writing(const std::filesystem::path& store_folder);
  /// Nothing if no archivist has run yet.
  static std::optional<ArchiveIndex> open_for_reading(const std::filesystem::path& store_folder);

  struct Entry {
    std::int64_t revision = 0;  ///< of the record when its file was written; 0: being written
    std::string file;           ///< relative to the archive's directory, with `/`
    std::string stale_file;     ///< where it stood before, still to be removed; often empty
  };
  std::optional<Entry> find(std::int64_t record);
  /// The file as a reader should look for it: nothing before it is written.
  std::optional<std::string> written_file(std::int64_t record);
  /// Of the records from behind `after` to `last`.
  std::map<std::int64_t, std::int64_t> revisions(std::int64_t after, std::int64_t last);

  /// Whose file it is, or is about to be.
  std::optional<std::int64_t> owner(const std::string& file);
  /// To be called before the file is written: a crash leaves no file that nobody knows. The file
  /// that the record had before becomes stale if it is another one.
  void claim(std::int64_t record, const std::string& file);
  void set_written(std::int64_t record, std::int64_t revision);
  void clear_stale(std::int64_t record);
  void remove(std::int64_t record);

  /// The names that are taken in a folder: those of this list, and those of strangers that somebody
  /// has noted there. Valid until the next call of this, claim(), clear_stale() or remove().
  FolderNames& names(const std::string& folder);

  /// A record that has no file at this revision, and will get none by another attempt.
  struct Unwritten {
    std::int64_t revision = 0;
    std::string reason;
  };
  std::optional<Unwritten> unwritten(std::int64_t record);
  void set_unwritten(std::int64_t record, const Unwritten& why);
  /// The same of such records.
  std::map<std::int64_t, std::int64_t> unwritten_revisions(std::int64_t after, std::int64_t last);
  void forget_unwritten();  ///< all of them

 private:
  void set_taken(const std::string& file, bool taken);
  static ArchiveIndex make(const std::filesystem::path& file);
  ArchiveIndex(const std::filesystem::path& file, store::Database::Access access);
  std::unique_ptr<store::Database> database_;
  bool has_unwritten_ = true;
  std::map<std::string, FolderNames> names_;  ///< of folders that were asked for
};

}  // namespace icom::archive
