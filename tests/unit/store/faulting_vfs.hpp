// The disk under SQLite, in memory: fails where a test wants it to, and knows what a power cut
// would leave. The counterpart of tests/unit/os/faulting_file_system.hpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/icom/bytes.hpp"
#include "tests/unit/os/durable_bytes.hpp"

namespace icom::test {

/// While it lives, every database of the program that is opened lies in it: it is SQLite's default
/// file system. So the product's own code is what is tested, WAL and shared memory included.
/// Thread-safe, but for its construction and destruction.
class FaultingVfs {
 public:
  enum class Failure {
    io_error,   ///< any operation
    disk_full,  ///< writes only; the others succeed
  };
  struct Fault {
    std::uint64_t operation = 0;  ///< the first that may fail; counted from 1, all kinds together
    Failure failure = Failure::io_error;
    /// A write that fails writes this many bytes first, or all but one.
    std::size_t bytes_written = 0;
    /// How many operations fail.
    std::uint64_t times = 1;
  };
  static constexpr auto kForEver = std::numeric_limits<std::uint64_t>::max();

  /// Files by path, with what is not synced yet.
  struct Disk {
    using Files = std::map<std::string, std::shared_ptr<const os::DurableBytes>>;
    Files files;
    Files durable;  ///< by the names that a power cut leaves; often the same files
  };

  FaultingVfs();
  ~FaultingVfs();
  FaultingVfs(const FaultingVfs&) = delete;
  FaultingVfs& operator=(const FaultingVfs&) = delete;

  /// Counting starts anew. Without a fault nothing fails. Operations: open, read, write, sync,
  /// truncate, delete, look whether a file is there, ask for its size, lock it, map or lock its
  /// shared memory. Letting go always succeeds.
  void set_fault(std::optional<Fault> fault);
  [[nodiscard]] std::uint64_t operations() const;
  /// Since set_fault().
  [[nodiscard]] std::uint64_t failed() const;

  /// What was not synced is gone, or what is left of it is as asked. Handles from before see the
  /// old files; but a connection from before deletes by name, so let everything fail until it is
  /// closed.
  void cut_power(os::Survival bytes);
  /// As after a kill of the process: nothing is lost but locks and shared memory.
  void kill() { cut_power(os::Survival::everything); }

  /// The state of everything, to come back to. Handles from before see the old files.
  [[nodiscard]] Disk save() const;
  void load(const Disk& disk);

  [[nodiscard]] bool contains(const std::filesystem::path& path) const;
  /// A file's bytes; fails the program if it is not there.
  [[nodiscard]] ByteVector content(const std::filesystem::path& path) const;
  /// Makes or changes a file behind everybody's back; counts as synced.
  void put(const std::filesystem::path& path, ByteVector content);
  void remove(const std::filesystem::path& path);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace icom::test
