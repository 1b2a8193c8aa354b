#include "agent/spool/writers_folder.hpp"

#include <string>
#include <utility>

#include "agent/spool/segment_files.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/os/path_text.hpp"

namespace icom::spool {

WritersFolder::WritersFolder(os::FileSystem& files, std::filesystem::path path)
    : files_(files), path_(std::move(path)) {
  std::filesystem::path failed;
  const char* doing = nullptr;
  if (const auto error = take(failed, doing)) {
    throw std::system_error(error, std::string(doing) + " " + os::utf8(failed));
  }
}

std::error_code WritersFolder::take(std::filesystem::path& failed, const char*& doing) {
  failed = path_;
  doing = "cannot make the spool's directory";
  if (const auto error = files_.create_directories(path_)) return error;
  failed = path_ / kLockFile;
  std::unique_ptr<os::File> held;
  const auto error = files_.lock(failed, held);
  doing = error == std::errc::resource_unavailable_try_again
              ? "another listener writes this spool and holds"
              : "cannot lock";
  if (!error) lock_ = std::move(held);
  return error;
}

std::error_code WritersFolder::list(std::vector<std::uint64_t>& numbers) {
  if (const auto error = remove_temporary_segments(files_, path_)) return error;
  return list_segments(files_, path_, numbers);
}

bool WritersFolder::is_ours() const {
  bool here = true;
  return lock_->is_at(path_ / kLockFile, here) || here;
}

std::error_code WritersFolder::follow() {
  if (is_ours()) return {};
  std::filesystem::path failed;
  const char* doing = nullptr;
  return take(failed, doing);
}

}  // namespace icom::spool
