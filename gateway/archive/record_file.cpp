#include "gateway/archive/record_file.hpp"

#include <stdexcept>
#include <string>
#include <system_error>

#include "gateway/archive/archive_name.hpp"
#include "gateway/archive/readable_frame.hpp"
#include "gateway/archive/xz_stream.hpp"

namespace icom::archive {

namespace {

// Two records of a patient in one second: another Linac, or a clock that was set back. This many
// further seconds are tried.
constexpr std::int64_t kMostSecondsLater = 3600;

void check(std::error_code error, std::int64_t record, const char* doing) {
  if (error) {
    throw std::runtime_error("record " + std::to_string(record) + ": cannot " + doing + ": " +
                             error.message());
  }
}

struct Content {
  ByteVector xz;
  bool readable = true;
};

Content read_record(const store::RecordRow& row, store::StoreReader& reader) {
  Content content;
  XzStream xz;
  const auto add = [&](const store::FrameKey&, Bytes frame) {
    xz.add(frame);
    content.readable = content.readable && reads_as_delivery(frame);
    return true;
  };
  reader.frames(row.linac.id, row.stored.record.first, row.stored.record.last, add);
  content.xz = xz.finish();
  return content;
}

// The bytes of the file, nothing if there is none.
std::optional<ByteVector> read_file(os::FileSystem& files, const std::filesystem::path& path,
                                    std::int64_t record) {
  std::unique_ptr<os::File> file;
  const std::error_code error = files.open_read(path, file);
  if (error == std::errc::no_such_file_or_directory) {
    return std::nullopt;
  }
  check(error, record, "look at a file of its name");
  std::uint64_t size = 0;
  check(file->size(size), record, "look at a file of its name");
  ByteVector bytes(static_cast<std::size_t>(size));
  std::size_t got = 0;
  check(file->read_at(0, bytes, got), record, "look at a file of its name");
  bytes.resize(got);
  return bytes;
}

// PyMedPhys takes the time from the name, so a name that is taken is answered with the next free
// second.
std::string choose_file(std::int64_t record, const std::string& folder, std::int64_t first_time,
                        const Content& content, ArchiveIndex& index, os::FileSystem& files,
                        const std::filesystem::path& archive_directory) {
  for (std::int64_t later = 0; later < kMostSecondsLater; ++later) {
    std::string file = folder + "/" + linac_time_file_stem(first_time + later) + ".xz";
    if (const auto owner = index.owner(file)) {
      if (*owner == record) {
        return file;
      }
      continue;
    }
    const auto there = read_file(files, archive_directory / file, record);
    if (!there || *there == content.xz) {
      return file;
    }
  }
  throw std::runtime_error("record " + std::to_string(record) +
                           ": every file name within an hour of it is taken");
}

void make_folder(std::int64_t record, os::FileSystem& files,
                 const std::filesystem::path& archive_directory, const std::string& folder) {
  // The archive's directory itself is not made: where it is a share that is away, the files would
  // go to the mount point below it.
  std::error_code error;
  if (!std::filesystem::is_directory(archive_directory, error)) {
    throw std::runtime_error("the archive's directory " + archive_directory.string() +
                             " is not there: " + (error ? error.message() : "no directory"));
  }
  const std::filesystem::path path = archive_directory / folder;
  if (std::filesystem::is_directory(path, error)) {
    return;
  }
  check(files.create_directories(path), record, "make its folder");
}

void remove_file(std::int64_t record, os::FileSystem& files, const std::filesystem::path& path) {
  // Synced also if it was gone: it may be gone by an attempt whose sync failed. Otherwise a power
  // cut brings it back when nobody knows of it any more.
  for (const std::error_code error :
       {files.remove(path), files.sync_directory(path.parent_path())}) {
    if (error != std::errc::no_such_file_or_directory) {
      check(error, record, "remove the file it had before");
    }
  }
}

// The file that the record had before, where it has been given another one.
void remove_stale(std::int64_t record, ArchiveIndex& index, os::FileSystem& files,
                  const std::filesystem::path& archive_directory) {
  const auto entry = index.find(record);
  if (entry && !entry->stale_file.empty()) {
    remove_file(record, files, archive_directory / entry->stale_file);
    index.clear_stale(record);
  }
}

RecordFileResult remove_record(std::int64_t record, ArchiveIndex& index, os::FileSystem& files,
                               const std::filesystem::path& archive_directory) {
  if (const auto entry = index.find(record)) {
    remove_stale(record, index, files, archive_directory);
    remove_file(record, files, archive_directory / entry->file);
    index.remove(record);
  }
  return RecordFileResult::not_archived;
}

}  // namespace

RecordFileResult update_record_file(std::int64_t record, store::StoreReader& reader,
                                    ArchiveIndex& index, os::FileSystem& files,
                                    const std::filesystem::path& archive_directory) {
  const auto row = reader.record(record);
  if (!row || !row->stored.record.next || !row->stored.record.kept) {
    return remove_record(record, index, files, archive_directory);
  }
  // A record that was found by comparing the tables may be told of once more.
  const auto entry = index.find(record);
  if (entry && entry->revision == row->stored.revision && entry->stale_file.empty()) {
    return RecordFileResult::up_to_date;
  }
  const Content content = read_record(*row, reader);
  const std::string folder =
      std::string("patients/") + (content.readable ? "" : "unknown_error_in_record/") +
      patient_folder(row->stored.record.patient_id, row->stored.record.patient_name);
  make_folder(record, files, archive_directory, folder);
  const std::string file = choose_file(record, folder, row->stored.record.first.time, content,
                                       index, files, archive_directory);
  remove_stale(record, index, files, archive_directory);
  index.claim(record, file);
  check(os::write_atomically(files, archive_directory / file, content.xz), record,
        "write its file");
  // Before it counts as written: what is left to do when that is on disk would never be done.
  remove_stale(record, index, files, archive_directory);
  index.set_written(record, row->stored.revision);
  return RecordFileResult::written;
}

}  // namespace icom::archive
