// One record of the store as one file of the archive.
#pragma once

#include <filesystem>

#include "common/os/file_system.hpp"
#include "gateway/archive/archive_index.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::archive {

enum class RecordFileResult {
  written,       ///< the file holds the record at its present revision
  up_to_date,    ///< it did so before
  not_archived,  ///< the record has no file, and is to have none
};

/// Brings the archive's file of a record up to date: writes it, moves it, or removes it. Whenever
/// it is interrupted, doing it again completes it. Never writes over a file that is not in the
/// index, unless the content is the same. Throws std::runtime_error, whose text names the record by
/// its number and never a path below `patients`: those hold names.
RecordFileResult update_record_file(std::int64_t record, store::StoreReader& reader,
                                    ArchiveIndex& index, os::FileSystem& files,
                                    const std::filesystem::path& archive_directory);

}  // namespace icom::archive
