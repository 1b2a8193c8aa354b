#include "gateway/serve/folder_check.hpp"

#include <memory>
#include <system_error>
#include <utility>

#include "common/os/file_error.hpp"
#include "common/os/file_system.hpp"
#include "common/os/limited_thread.hpp"
#include "common/os/random.hpp"
#include "common/text/hex.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

/// Whether a file can be made in `folder`; leaves nothing behind.
bool is_writable(const fs::path& folder) {
  os::FileSystem& files = os::real_file_system();
  const fs::path probe = folder / (".icom-gateway-check-" + text::hex(os::random_u64()));
  std::unique_ptr<os::File> file;
  if (files.create(probe, file)) return false;
  const Bytes text = as_bytes("probe\n");
  std::size_t written = 0;
  const auto error = file->append({&text, 1}, written);
  file.reset();
  files.remove(probe);
  return !error;
}

std::string free_space(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? "free space not known" : std::to_string(space.available >> 30U) + " GiB free";
}

FolderState look(const fs::path& folder, const std::vector<std::string>& inner) {
  FolderState state;
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  state.exists = fs::exists(status);
  state.is_folder = fs::is_directory(status);
  if (!state.is_folder) return state;
  state.all_may_write = (status.permissions() & fs::perms::others_write) != fs::perms::none;
  state.is_writable = is_writable(folder);
  state.can_be_synced =
      !os::means_folders_cannot_be_synced(os::real_file_system().sync_directory(folder));
  state.free_space = free_space(folder);
  for (const std::string& name : inner) {
    const fs::file_status there = fs::symlink_status(folder / name, error);
    if (fs::exists(there) && !fs::is_directory(there)) state.odd.push_back(name);
    if (fs::is_directory(there) && !is_writable(folder / name)) state.unwritable.push_back(name);
  }
  return state;
}

}  // namespace

FolderState look_at_folder(const fs::path& folder, std::vector<std::string> inner,
                           std::chrono::milliseconds limit) {
  const auto state = os::answer_within<FolderState>(
      limit, "check",
      [folder, inner = std::move(inner)]() noexcept { return look(folder, inner); });
  if (state) return *state;
  FolderState silent;
  silent.answers = false;
  return silent;
}

}  // namespace icom::serve
