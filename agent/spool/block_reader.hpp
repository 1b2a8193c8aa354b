// Reads a file forwards in large blocks, so that a caller may look at a few bytes at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/icom/bytes.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

/// Not thread-safe. The file may grow while it is read.
class BlockReader {
 public:
  explicit BlockReader(std::unique_ptr<os::File> file);

  /// The bytes from offset() on: at least `wanted` of them, fewer only at the file's present end.
  /// They live until the next call.
  Bytes at_least(std::size_t wanted);
  /// Goes on by `count` bytes. Precondition: at_least() gave as many.
  void skip(std::size_t count) { at_ += count; }
  /// What lies beyond offset() will be read from the file anew: the writer may take back what it
  /// wrote in part.
  void forget_ahead() { filled_ = at_; }

  [[nodiscard]] std::uint64_t offset() const { return block_offset_ + at_; }
  /// True if the file is shorter than what was read of it.
  [[nodiscard]] bool is_cut_short() const;
  /// Times that the disk refused to read. Bytes that it refuses twice are given as zeros.
  [[nodiscard]] std::uint64_t read_errors() const { return read_errors_; }

 private:
  void make_room(std::size_t wanted);
  std::size_t read(std::uint64_t offset, std::span<std::byte> room);
  std::size_t read_around_fault(std::uint64_t offset, std::span<std::byte> room);

  std::unique_ptr<os::File> file_;
  std::unique_ptr<std::byte[]> block_;
  std::size_t block_size_ = 0;
  std::uint64_t block_offset_ = 0;  ///< of block_[0] in the file
  std::size_t filled_ = 0;
  std::size_t at_ = 0;
  std::uint64_t read_errors_ = 0;
};

}  // namespace icom::spool
