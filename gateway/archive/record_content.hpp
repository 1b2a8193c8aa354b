// A record's frames, compressed into a temporary file piece by piece.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>

#include "common/os/file_system.hpp"
#include "gateway/archive/archive_folder.hpp"
#include "gateway/archive/xz_stream.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::archive {

/// Nothing that it holds grows with the record: what is compressed is in the file. A site has one
/// temporary file, `patients/.<site>.tmp`, so that what a crash leaves does not add up; one record
/// per site at a time. Not thread-safe. Throws store::SqlError, store::CorruptData, and
/// std::runtime_error as check().
class RecordContent {
 public:
  /// Of one step: an ordinary record has some hundred frames of 8 kB.
  static constexpr std::size_t kMostFrames = 256;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20U;

  RecordContent(const ArchiveFolder& archive, store::RecordRow row);
  /// Removes the file unless it was moved.
  ~RecordContent();
  RecordContent(const RecordContent&) = delete;
  RecordContent& operator=(const RecordContent&) = delete;

  /// Takes the next frames, at most kMostFrames, and none after kMostBytes. The store's snapshot
  /// that they are read from ends with the call: one that lasts keeps the WAL from starting over.
  /// True once all of them are in the file, and synced.
  bool add_some(store::StoreReader& reader);

  // Of the whole.
  [[nodiscard]] bool is_whole() const { return whole_; }
  /// PyMedPhys can read its time, and each frame as a delivery.
  [[nodiscard]] bool readable() const { return readable_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  std::error_code open_read(std::unique_ptr<os::File>& file) const;
  /// Gives the file its name, durably.
  void move_to(const std::filesystem::path& path);

 private:
  /// False if there are more frames.
  bool read_some(store::StoreReader& reader);
  void write(const ByteVector& compressed);
  void open();

  const ArchiveFolder archive_;
  const store::RecordRow row_;
  const std::int64_t record_;
  const std::filesystem::path temporary_;
  FramePlace from_;
  XzStream xz_;
  std::uint64_t size_ = 0;
  std::unique_ptr<os::File> file_;
  bool there_ = false;  ///< the temporary file
  bool readable_;
  bool whole_ = false;
};

}  // namespace icom::archive
