#include "gateway/cli/pymedphys_config.hpp"

#include <array>
#include <ctime>
#include <ostream>
#include <stdexcept>

#include "common/os/confirm.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/file_system.hpp"
#include "common/os/output_file.hpp"
#include "common/text/unified_diff.hpp"
#include "gateway/pymedphys/config_toml.hpp"

namespace icom::cli {

namespace {

/// Far above any real one.
constexpr std::uint64_t kMaxBytes = 1U << 20U;

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &local);
  return text.data();
}

void write(os::OutputFile& file, const std::string& content) {
  file.stream() << content;
  file.finish();
}

/// With the rights of the file itself.
std::filesystem::path make_backup(os::FileSystem& files, const std::filesystem::path& file,
                                  const std::string& content) {
  const std::string stem = file.string() + '.' + local_time();
  std::filesystem::path backup = stem;
  std::error_code unknown;
  for (int i = 2; std::filesystem::exists(std::filesystem::symlink_status(backup, unknown)); ++i) {
    backup = stem + '-' + std::to_string(i);
  }
  try {
    os::OutputFile made(files, backup);
    if (const auto error = made.copy_rights(file)) throw std::system_error(error);
    write(made, content);
  } catch (const std::exception& error) {
    throw std::runtime_error("cannot make a backup first: " + std::string(error.what()) +
                             "; nothing was changed");
  }
  return backup;
}

void make(os::FileSystem& files, const std::filesystem::path& file, const std::string& content) {
  os::OutputFile made(files, file);
  write(made, content);
}

}  // namespace

bool write_pymedphys_config(const pymedphys::PyMedPhysSettings& ours,
                            const PyMedPhysConfigOptions& options, std::ostream& out) {
  os::FileSystem& files = os::real_file_system();
  const std::string name = options.file.string();
  std::error_code unknown;
  const bool is_new = !std::filesystem::exists(options.file, unknown);
  // Where a link leads to is decided once: until the question is answered somebody could change it.
  const auto file = is_new ? options.file : std::filesystem::canonical(options.file);
  const std::string before = is_new ? "" : os::read_text_file(files, file, kMaxBytes);
  const std::string after = pymedphys::with_ours(before, ours, name);
  if (before == after) {
    out << name << " says all of it already\n";
    return true;
  }
  out << text::unified_diff(before, after, is_new ? "/dev/null" : name, name) << std::flush;
  if (options.dry_run) return true;
  if (!options.yes && !os::confirmed("Write this?")) {
    out << "nothing was written; without a question: --yes\n";
    return false;
  }
  if (is_new) {
    make(files, file, after);
    out << name << " is made\n";
    return true;
  }
  const auto backup = make_backup(files, file, before);
  os::rewrite_edited_file(files, file, before, after);
  out << name << " is written; as it was before: " << backup.string() << '\n';
  return true;
}

}  // namespace icom::cli
