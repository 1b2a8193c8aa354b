// A file system in memory that fails where a test wants it to, and that knows what a power cut
// would leave.
#pragma once

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/os/file_system.hpp"
#include "tests/unit/os/durable_bytes.hpp"

namespace icom::os {

/// Thread-safe. Files outlive it only as far as their handles are not used.
class FaultingFileSystem final : public FileSystem {
 public:
  struct Fault {
    std::uint64_t operation =
        0;  ///< the first that fails; operations are counted from 1, all kinds together
    int error = EIO;
    /// An append that fails writes this many bytes first.
    std::size_t bytes_written = 0;
    /// How many operations in a row fail.
    std::uint64_t times = 1;
  };
  static constexpr auto kForEver = std::numeric_limits<std::uint64_t>::max();

  /// Counting starts anew. Without a fault nothing fails.
  void set_fault(std::optional<Fault> fault);
  [[nodiscard]] std::uint64_t operations() const;

  /// Appends beyond this sum of all files' sizes fail with ENOSPC after what fits. A file without a
  /// name counts as long as somebody has it open, as it does on a disk.
  void set_capacity(std::optional<std::uint64_t> bytes);

  /// Until let go, each append waits.
  void hold_appends(bool hold);
  /// How many appends wait now.
  [[nodiscard]] std::size_t appends_held() const;
  /// The same for syncs of a file's data.
  void hold_syncs(bool hold);
  [[nodiscard]] std::size_t syncs_held() const;

  /// What was not synced is gone, or what is left of it is as asked: bytes of files, and names in
  /// directories. Locks are let go; handles from before see the old files.
  void cut_power(Survival bytes = Survival::nothing, bool names_survive = false);

  /// A file's bytes; fails the program if it is not there.
  [[nodiscard]] ByteVector content(const std::filesystem::path& path) const;
  /// Makes or changes a file behind everybody's back; counts as synced.
  void put(const std::filesystem::path& path, ByteVector content);
  [[nodiscard]] std::vector<std::filesystem::path> all_files() const;

  std::error_code create(const std::filesystem::path& path, std::unique_ptr<File>& file) override;
  std::error_code create_for(const std::filesystem::path& path, Access access,
                             std::unique_ptr<File>& file) override;
  std::error_code open_read(const std::filesystem::path& path,
                            std::unique_ptr<File>& file) override;
  std::error_code open_write(const std::filesystem::path& path,
                             std::unique_ptr<File>& file) override;
  std::error_code overwrite(const std::filesystem::path& path, Bytes content) override;
  std::error_code rename(const std::filesystem::path& from,
                         const std::filesystem::path& to) override;
  std::error_code remove(const std::filesystem::path& path) override;
  std::error_code copy_rights(const std::filesystem::path& from, File& to) override;
  std::error_code create_directories(const std::filesystem::path& path) override;
  std::error_code create_folder_for(const std::filesystem::path& path, Access access) override;
  std::error_code sync_directory(const std::filesystem::path& path) override;
  std::error_code file_size(const std::filesystem::path& path, std::uint64_t& bytes) override;
  std::error_code list(const std::filesystem::path& directory,
                       std::vector<std::string>& names) override;
  std::error_code lock(const std::filesystem::path& path, std::unique_ptr<File>& held) override;
  bool lock_is_held(const std::filesystem::path& path) override;

 private:
  class OpenFile;
  class HeldLock;
  /// A file apart from its name.
  using Node = DurableBytes;
  using Names = std::map<std::filesystem::path, std::shared_ptr<Node>>;

  /// Operations of one kind wait here for as long as a test wants it.
  struct Gate {
    std::condition_variable let_go;
    bool hold = false;
    std::size_t held = 0;
    /// Precondition: `lock` holds mutex_.
    void pass(std::unique_lock<std::mutex>& lock);
  };
  void set(Gate& gate, bool hold);

  std::unique_ptr<File> open(const std::shared_ptr<Node>& node);
  /// Counts one operation; the error if this is one that is to fail. Precondition: mutex_ is held.
  std::error_code count_operation();
  [[nodiscard]] std::uint64_t room_left() const;

  mutable std::mutex mutex_;
  Gate appends_;
  Gate syncs_;
  std::optional<Fault> fault_;
  std::uint64_t operations_ = 0;
  std::optional<std::uint64_t> capacity_;
  Names names_;
  Names durable_names_;
  std::vector<std::weak_ptr<Node>> opened_;  ///< expired where the file was closed since
  std::set<std::filesystem::path> directories_;
  std::set<std::filesystem::path> locked_;
};

}  // namespace icom::os
