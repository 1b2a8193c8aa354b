#include "gateway/archive/record_content.hpp"

#include <utility>

#include "gateway/archive/archive_name.hpp"
#include "gateway/archive/readable_frame.hpp"

namespace icom::archive {

RecordContent::RecordContent(const ArchiveFolder& archive, store::RecordRow row)
    : archive_(archive),
      row_(std::move(row)),
      record_(row_.stored.id),
      temporary_(archive.directory / patients_folder(archive, row_.linac.site) /
                 ("." + safe_name(row_.linac.site) + ".tmp")),
      from_(row_.stored.record.first),
      readable_(reads_as_time(row_.stored.record.first.time)) {}

RecordContent::~RecordContent() {
  if (!there_) return;
  const ShareWatch::Call call(archive_.share);
  file_.reset();
  archive_.files.remove(temporary_);  // if that fails, the site's next record does it
}

bool RecordContent::add_some(store::StoreReader& reader) {
  const bool all = read_some(reader);
  const ByteVector compressed = all ? xz_.finish() : xz_.take();
  if (!compressed.empty()) write(compressed);
  if (!all) return false;
  const ShareWatch::Call call(archive_.share);
  check(file_->sync_data(), record_, "write its file");
  file_.reset();
  whole_ = true;
  return true;
}

bool RecordContent::read_some(store::StoreReader& reader) {
  std::size_t frames = 0;
  std::size_t bytes = 0;
  bool all = true;
  const auto add = [&](const store::FrameKey& key, Bytes frame) {
    xz_.add(frame);
    readable_ = readable_ && reads_as_delivery(frame);
    from_ = just_after(key.place);
    ++frames;
    bytes += frame.size();
    all = frames < kMostFrames && bytes < kMostBytes;
    return all;
  };
  reader.frames(row_.linac.id, from_, row_.stored.record.last, add);
  return all;
}

void RecordContent::open() {
  auto error = archive_.files.create(temporary_, file_);
  if (error == std::errc::no_such_file_or_directory) {
    make_folder(record_, archive_, patients_folder(archive_, row_.linac.site));
    error = archive_.files.create(temporary_, file_);
  }
  if (error == std::errc::file_exists) {  // left by a process that died
    check(archive_.files.remove(temporary_), record_, "write its file");
    error = archive_.files.create(temporary_, file_);
  }
  check(error, record_, "write its file");
  there_ = true;
}

void RecordContent::write(const ByteVector& compressed) {
  const ShareWatch::Call call(archive_.share);
  if (!file_) open();
  const Bytes bytes(compressed);
  std::size_t written = 0;
  check(file_->append({&bytes, 1}, written), record_, "write its file");
  size_ += bytes.size();
}

std::error_code RecordContent::open_read(std::unique_ptr<os::File>& file) const {
  return archive_.files.open_read(temporary_, file);
}

void RecordContent::move_to(const std::filesystem::path& path) {
  check(archive_.files.rename(temporary_, path), record_, "write its file");
  there_ = false;
  check(archive_.files.sync_directory(path.parent_path()), record_, "write its file");
}

}  // namespace icom::archive
