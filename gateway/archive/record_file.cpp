#include "gateway/archive/record_file.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "common/icom/frame_identity.hpp"
#include "common/os/file_error.hpp"
#include "gateway/archive/archive_name.hpp"
#include "gateway/archive/same_content.hpp"

namespace icom::archive {

namespace {

// Two records of a patient in one second: another Linac, or a clock that was set back. This many
// further seconds are tried.
constexpr std::int64_t kMostSecondsLater = 3600;
// Files of others that one step looks into.
constexpr int kMostLooks = 32;

/// What stands under a name that the index does not know.
struct Stranger {
  bool there = false;
  bool is_record = false;             ///< it holds the record's content
  std::optional<std::uint64_t> size;  ///< nullopt if it is no file
};

/// A device, a pipe or a link is not looked into.
Stranger look_at(os::FileSystem& files, const std::filesystem::path& path, std::int64_t record,
                 const RecordContent& content) {
  std::unique_ptr<os::File> file;
  const std::error_code error = files.open_read(path, file);
  if (error == std::errc::no_such_file_or_directory) return {};
  Stranger stranger;
  stranger.there = true;
  if (error == os::FileError::not_regular || error == os::FileError::symbolic_link) {
    return stranger;
  }
  check(error, record, "look at a file of its name");
  std::uint64_t size = 0;
  std::unique_ptr<os::File> own;
  check(content.open_read(own), record, "read what is to be its file");
  check(look_for_content(*file, *own, size, stranger.is_record), record,
        "look at a file of its name");
  stranger.size = size;
  return stranger;
}

/// The second that a record's file is named by: its first one, or the next to it that a name of
/// linac_time_file_stem(), and some after it, can say.
std::int64_t name_second(std::int64_t first_time) {
  using namespace std::chrono;
  constexpr sys_seconds kFirst = sys_days(year(1) / January / 1);
  constexpr sys_seconds kLast = sys_days(year(9999) / December / 31);
  return std::clamp<std::int64_t>(first_time, kFirst.time_since_epoch().count(),
                                  kLast.time_since_epoch().count());
}

std::string file_of(const std::string& folder, std::int64_t second) {
  return folder + "/" + linac_time_file_stem(second) + ".xz";
}

void remove_file(std::int64_t record, const ArchiveFolder& archive, const std::string& file) {
  const std::filesystem::path path = archive.directory / file;
  // Synced also if it was gone: it may be gone by an attempt whose sync failed. Otherwise a power
  // cut brings it back when nobody knows of it any more.
  for (const std::error_code error :
       {archive.files.remove(path), archive.files.sync_directory(path.parent_path())}) {
    if (error != std::errc::no_such_file_or_directory) {
      check(error, record, "remove the file it had before");
    }
  }
}

// The file that the record had before, where it has been given another one.
void remove_stale(std::int64_t record, ArchiveIndex& index, const ArchiveFolder& archive) {
  const auto entry = index.find(record);
  if (entry && !entry->stale_file.empty()) {
    remove_file(record, archive, entry->stale_file);
    index.clear_stale(record);
  }
}

RecordFileResult remove_record(std::int64_t record, ArchiveIndex& index,
                               const ArchiveFolder& archive) {
  if (const auto entry = index.find(record)) {
    const ShareWatch::Call call(archive.share);
    remove_stale(record, index, archive);
    remove_file(record, archive, entry->file);
    index.remove(record);
  }
  return RecordFileResult::not_archived;
}

}  // namespace

void RecordFile::begin_search(std::string folder, std::int64_t first_time) {
  make_folder(record_, archive_, folder);
  search_ = Search{std::move(folder), first_time, first_time, false};
}

/// PyMedPhys takes the time from the name, so a name that is taken is answered with the next free
/// second. nullopt if none is found: either the search is over, and there is none that is near
/// enough, or it is to go on.
std::optional<std::string> RecordFile::choose_file(ArchiveIndex& index) {
  Search& search = *search_;
  FolderNames& names = index.names(search.folder);
  const auto is_near = [&search](std::int64_t second) {
    return second >= search.first_time && second - search.first_time < kMostSecondsLater;
  };
  // The record's own names are as good as free ones.
  std::optional<std::int64_t> own;
  if (const auto entry = index.find(record_)) {
    for (const std::string& file : {entry->file, entry->stale_file}) {
      if (!file.starts_with(search.folder + "/")) continue;
      const auto second = second_of_stem(std::filesystem::path(file).stem().string());
      if (second && is_near(*second) && (!own || *second < *own)) own = second;
    }
  }
  // So is a file that holds it already: the index was lost, or this was interrupted.
  for (const std::int64_t second : names.strangers(content_->size())) {
    if (!is_near(second) || index.owner(file_of(search.folder, second))) continue;
    std::string file = file_of(search.folder, second);
    if (look_at(archive_.files, archive_.directory / file, record_, *content_).is_record) {
      return file;
    }
  }
  for (int looks = 0; looks < kMostLooks;) {
    search.next = names.next_free(search.next);
    if (own && *own <= search.next) return file_of(search.folder, *own);
    if (!is_near(search.next)) {
      search.over = true;
      return std::nullopt;
    }
    std::string file = file_of(search.folder, search.next);
    if (const auto owner = index.owner(file)) {  // of a year that no name has: not among `names`
      if (*owner == record_) return file;
      names.take(search.next);
      continue;
    }
    const Stranger stranger =
        look_at(archive_.files, archive_.directory / file, record_, *content_);
    ++looks;
    if (!stranger.there || stranger.is_record) return file;
    names.take_for_stranger(search.next, stranger.size);
  }
  return std::nullopt;
}

std::optional<RecordFileResult> RecordFile::give_name(const store::RecordRow& row,
                                                      ArchiveIndex& index) {
  const ShareWatch::Call call(archive_.share);
  const records::Record& record = row.stored.record;
  const std::string parent = patients_folder(archive_, row.linac.site) + "/" +
                             (content_->readable() ? "" : "unknown_error_in_record/");
  const std::string shared = parent + patient_folder(record.patient_id, record.patient_name);
  // Where sites share a tree, one may have taken all names that another's records could have.
  const std::string sites_own =
      archive_.per_site
          ? shared
          : parent + patient_folder_of_site(record.patient_id, record.patient_name, row.linac.site);
  if (!search_) {
    const auto entry = index.find(record_);
    const bool stays = entry && entry->file.starts_with(sites_own + "/");
    begin_search(stays ? sites_own : shared, name_second(record.first.time));
  }
  auto file = choose_file(index);
  if (!file && search_->over && search_->folder != sites_own) {
    begin_search(sites_own, name_second(record.first.time));
    file = choose_file(index);
  }
  if (!file && !search_->over) return std::nullopt;
  if (!file) {
    index.set_unwritten(record_, {row.stored.revision,
                                  "every file name within an hour of its beginning is taken by "
                                  "others of the same patient"});
    return RecordFileResult::no_name;
  }
  remove_stale(record_, index, archive_);
  index.claim(record_, *file);
  content_->move_to(archive_.directory / *file);
  // Before it counts as written: what is left to do when that is on disk would never be done.
  remove_stale(record_, index, archive_);
  index.set_written(record_, row.stored.revision);
  return RecordFileResult::written;
}

std::optional<RecordFileResult> RecordFile::step(store::StoreReader& reader, ArchiveIndex& index) {
  const auto row = reader.record(record_);
  if (!row || !row->stored.record.next || !row->stored.record.kept) {
    return remove_record(record_, index, archive_);
  }
  if (!content_) {
    // A record that was found by comparing the tables may be named once more.
    const auto entry = index.find(record_);
    if (entry && entry->revision == row->stored.revision && entry->stale_file.empty()) {
      return RecordFileResult::up_to_date;
    }
    // All names were taken when it was last tried, and reading it takes long.
    const auto unwritten = index.unwritten(record_);
    if (unwritten && unwritten->revision == row->stored.revision) {
      return RecordFileResult::up_to_date;
    }
    revision_ = row->stored.revision;
    content_ = std::make_unique<RecordContent>(archive_, *row);
  } else if (row->stored.revision != revision_) {
    // What was read and what is left may be of two minds about which frames are the record's.
    return RecordFileResult::changed;
  }
  if (!content_->is_whole() && !content_->add_some(reader)) return std::nullopt;
  return give_name(*row, index);
}

}  // namespace icom::archive
