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

constexpr std::uintmax_t kNearlyFull = std::uintmax_t{1} << 30U;

/// Why no file can be made in `folder`; leaves nothing behind.
std::error_code write_error(const fs::path& folder) {
  os::FileSystem& files = os::real_file_system();
  const fs::path probe = folder / (".icom-gateway-check-" + text::hex(os::random_u64()));
  std::unique_ptr<os::File> file;
  if (const auto error = files.create(probe, file)) return error;
  const Bytes text = as_bytes("probe\n");
  std::size_t written = 0;
  const auto error = file->append({&text, 1}, written);
  file.reset();
  files.remove(probe);
  return error;
}

std::string text_of(std::uintmax_t bytes) {
  return bytes < kNearlyFull ? std::to_string(bytes >> 20U) + " MiB"
                             : std::to_string(bytes >> 30U) + " GiB";
}

void look_at_space(const fs::path& folder, FolderState& state) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  state.free_space = error ? "free space not known" : text_of(space.available) + " free";
  state.is_nearly_full = !error && space.available < kNearlyFull;
}

FolderState look(const fs::path& folder, const std::vector<std::string>& inner) {
  FolderState state;
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  state.exists = fs::exists(status);
  state.is_folder = fs::is_directory(status);
  if (!state.is_folder) return state;
  state.all_may_write = (status.permissions() & fs::perms::others_write) != fs::perms::none;
  state.write_error = write_error(folder);
  state.can_be_synced =
      !os::means_folders_cannot_be_synced(os::real_file_system().sync_directory(folder));
  look_at_space(folder, state);
  for (const std::string& name : inner) {
    const fs::file_status there = fs::symlink_status(folder / name, error);
    if (fs::exists(there) && !fs::is_directory(there)) state.odd.push_back(name);
    if (fs::is_directory(there) && write_error(folder / name)) state.unwritable.push_back(name);
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

bool report_folder(CheckReport& report, const std::string& what, const fs::path& folder,
                   const std::string& where_absent, const FolderState& state) {
  const std::string named = what + ' ' + folder.string();
  if (!state.answers) {
    report.line(false, named,
                "does not answer within " + std::to_string(kFolderAnswerTime.count()) +
                    " s: look at the share and its server");
  } else if (!state.exists) {
    report.line(false, named, "is not there: " + where_absent);
  } else if (!state.is_folder) {
    report.line(false, named, "is no folder");
  } else if (state.write_error == std::errc::no_space_on_device) {
    report.line(false, named, "is full, " + state.free_space + ": make room");
  } else if (state.write_error == std::errc::permission_denied) {
    report.line(false, named, "cannot be written by this account: give it the right to");
  } else if (state.write_error) {
    report.line(false, named, "cannot be written: " + state.write_error.message());
  } else {
    if (state.is_nearly_full) {
      report.note(named, "is nearly full, " + state.free_space + ": make room");
    }
    report.line(true, named, "can be written, " + state.free_space);
    return true;
  }
  return false;
}

}  // namespace icom::serve
