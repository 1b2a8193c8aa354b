#include "agent/spool/damaged_segments.hpp"

#include <string>

#include "agent/spool/segment_files.hpp"

namespace icom::spool {

namespace {

constexpr const char* kDamagedSuffix = ".damaged";
constexpr const char* kWholeSuffix = ".spool.damaged";

}  // namespace

std::filesystem::path DamagedSegments::path(const std::filesystem::path& directory,
                                            std::uint64_t number) {
  return segment_path(directory, number) += kDamagedSuffix;
}

std::error_code DamagedSegments::take(std::uint64_t number) {
  if (const auto error =
          files_.rename(segment_path(directory_, number), path(directory_, number))) {
    return error;
  }
  for (auto now = summary(); now.files > kMostFiles || (now.bytes > kMostBytes && now.files > 1);
       now = summary()) {
    if (!remove_oldest()) break;
  }
  return {};
}

bool DamagedSegments::remove_oldest() {
  for (const auto& oldest : list()) {
    if (!files_.remove(oldest)) return true;
  }
  return false;
}

DamagedSegments::Summary DamagedSegments::summary() const {
  Summary summary;
  for (const auto& file : list()) {
    std::uint64_t size = 0;
    if (files_.file_size(file, size)) continue;
    ++summary.files;
    summary.bytes += size;
    summary.newest = file;
  }
  return summary;
}

std::vector<std::filesystem::path> DamagedSegments::list() const {
  std::vector<std::string> names;
  std::vector<std::filesystem::path> found;
  if (files_.list(directory_, names)) return found;
  for (const auto& name : names) {
    if (name.ends_with(kWholeSuffix)) found.push_back(directory_ / name);
  }
  return found;
}

}  // namespace icom::spool
