// One record of the store as one file of the archive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/archive/archive_folder.hpp"
#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/record_content.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::archive {

enum class RecordFileResult {
  written,       ///< the file holds the record at its present revision
  up_to_date,    ///< it did so before, or there is no name for it, as was said before
  not_archived,  ///< the record has no file, and is to have none
  no_name,       ///< it would have one, but all names are taken: ArchiveIndex::unwritten() says why
  changed,       ///< the record changed meanwhile: to be begun again
};

/// Brings the archive's file of a record up to date: writes it, moves it, or removes it. Whenever
/// it is interrupted, doing it again completes it. Never writes over a file that is not in the
/// index, unless the content is the same. One per site at a time (RecordContent).
class RecordFile {
 public:
  RecordFile(std::int64_t record, const ArchiveFolder& archive)
      : record_(record), archive_(archive) {}

  /// Does a part of it, of bounded length; nullopt if there is more to do. Throws
  /// std::runtime_error, whose text names the record by its number and never a path below
  /// `patients`: those hold names. Then, and after a result, it is of no more use.
  std::optional<RecordFileResult> step(store::StoreReader& reader, ArchiveIndex& index);

 private:
  /// Where a free name is looked for, from which second on.
  struct Search {
    std::string folder;
    std::int64_t first_time = 0;  ///< of the record
    std::int64_t next = 0;
    bool over = false;
  };
  std::optional<std::string> choose_file(ArchiveIndex& index);
  void begin_search(std::string folder, std::int64_t first_time);
  std::optional<RecordFileResult> give_name(const store::RecordRow& row, ArchiveIndex& index);

  const std::int64_t record_;
  const ArchiveFolder archive_;
  std::int64_t revision_ = 0;  ///< that is being written
  std::unique_ptr<RecordContent> content_;
  std::optional<Search> search_;
};

}  // namespace icom::archive
