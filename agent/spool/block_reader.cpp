#include "agent/spool/block_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace icom::spool {

namespace {

/// Thirty frames in one read.
constexpr std::size_t kBlock = 256 * 1024;
/// What a disk fails to read is lost by the page.
constexpr std::size_t kFaultyPage = 4096;

}  // namespace

BlockReader::BlockReader(std::unique_ptr<os::File> file) : file_(std::move(file)) {}

Bytes BlockReader::at_least(std::size_t wanted) {
  if (filled_ - at_ < wanted) {
    make_room(wanted);
    filled_ += read(block_offset_ + filled_, {block_.get() + filled_, block_size_ - filled_});
  }
  return {block_.get() + at_, filled_ - at_};
}

bool BlockReader::is_cut_short() const {
  std::uint64_t size = 0;
  return !file_->size(size) && size < offset();
}

void BlockReader::make_room(std::size_t wanted) {
  const std::size_t kept = filled_ - at_;
  if (wanted > block_size_) {
    const std::size_t size = std::max(wanted, kBlock);
    auto larger = std::make_unique_for_overwrite<std::byte[]>(size);
    if (kept > 0) std::memcpy(larger.get(), block_.get() + at_, kept);
    block_ = std::move(larger);
    block_size_ = size;
  } else if (kept > 0) {
    std::memmove(block_.get(), block_.get() + at_, kept);
  }
  block_offset_ += at_;
  filled_ = kept;
  at_ = 0;
}

std::size_t BlockReader::read(std::uint64_t offset, std::span<std::byte> room) {
  std::size_t got = 0;
  if (!file_->read_at(offset, room, got)) return got;
  ++read_errors_;
  return read_around_fault(offset, room);
}

/// One unreadable page must not hide the rest of a segment.
std::size_t BlockReader::read_around_fault(std::uint64_t offset, std::span<std::byte> room) {
  const auto to_page_end = kFaultyPage - static_cast<std::size_t>(offset % kFaultyPage);
  const auto page = room.first(std::min(room.size(), to_page_end));
  std::size_t got = 0;
  if (!file_->read_at(offset, page, got)) return got;
  ++read_errors_;
  std::uint64_t end = 0;
  if (file_->size(end) || end <= offset) return 0;
  const auto lost =
      page.first(static_cast<std::size_t>(std::min<std::uint64_t>(page.size(), end - offset)));
  std::fill(lost.begin(), lost.end(), std::byte{0});
  return lost.size();
}

}  // namespace icom::spool
