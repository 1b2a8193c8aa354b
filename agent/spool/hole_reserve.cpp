#include "agent/spool/hole_reserve.hpp"

#include <cstdint>

#include "agent/spool/spool_writer.hpp"

namespace icom::spool {

namespace {

/// More than a segment of one hole entry has.
constexpr std::size_t kReserveBytes = 256;

}  // namespace

void HoleReserve::keep() {
  look();
  if (is_there_) return;
  const auto path = folder_ / kReserveFile;
  std::unique_ptr<os::File> made;
  auto error = files_.create(path, made);
  if (error == std::errc::file_exists && !files_.remove(path)) error = files_.create(path, made);
  if (error) return;
  const ByteVector filled(kReserveBytes, std::byte{0xFF});
  const Bytes part(filled);
  std::size_t written = 0;
  is_there_ = !made->append({&part, 1}, written);
  if (!is_there_) files_.remove(path);
}

void HoleReserve::look() {
  std::uint64_t size = 0;
  is_there_ = !files_.file_size(folder_ / kReserveFile, size) && size == kReserveBytes;
}

std::error_code HoleReserve::become(const std::filesystem::path& segment, Bytes content,
                                    std::unique_ptr<os::File>& opened) {
  const auto reserve = folder_ / kReserveFile;
  if (const auto error = files_.overwrite(reserve, content)) return error;
  is_there_ = false;  // its size is another one
  if (const auto error = files_.open_write(reserve, opened)) return error;
  (void)opened->sync_data();  // before it has the name: what was there before is no segment
  return files_.rename(reserve, segment);
}

}  // namespace icom::spool
