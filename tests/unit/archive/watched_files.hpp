// A file system in memory that remembers what was done to it, and in which order.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::test {

/// Thread-safe.
class WatchedFiles final : public os::FileSystem {
 public:
  os::FaultingFileSystem inner;

  /// What got its final name, in order.
  [[nodiscard]] std::vector<std::filesystem::path> renamed() const {
    const std::lock_guard lock(mutex_);
    return renamed_;
  }
  /// The sizes of all appends, in order.
  [[nodiscard]] std::vector<std::size_t> appended() const {
    const std::lock_guard lock(mutex_);
    return appended_;
  }

  std::error_code create(const std::filesystem::path& path,
                         std::unique_ptr<os::File>& file) override {
    std::unique_ptr<os::File> made;
    const auto error = inner.create(path, made);
    if (!error) file = std::make_unique<Watched>(*this, std::move(made));
    return error;
  }
  std::error_code rename(const std::filesystem::path& from,
                         const std::filesystem::path& to) override {
    const auto error = inner.rename(from, to);
    const std::lock_guard lock(mutex_);
    if (!error) renamed_.push_back(to);
    return error;
  }
  std::error_code create_for(const std::filesystem::path& path, os::Access access,
                             std::unique_ptr<os::File>& file) override {
    return inner.create_for(path, access, file);
  }
  std::error_code open_read(const std::filesystem::path& path,
                            std::unique_ptr<os::File>& file) override {
    return inner.open_read(path, file);
  }
  std::error_code open_write(const std::filesystem::path& path,
                             std::unique_ptr<os::File>& file) override {
    return inner.open_write(path, file);
  }
  std::error_code overwrite(const std::filesystem::path& path, Bytes content) override {
    return inner.overwrite(path, content);
  }
  std::error_code remove(const std::filesystem::path& path) override { return inner.remove(path); }
  std::error_code copy_rights(const std::filesystem::path& from, os::File& to) override {
    return inner.copy_rights(from, to);
  }
  std::error_code create_directories(const std::filesystem::path& path) override {
    return inner.create_directories(path);
  }
  std::error_code create_folder_for(const std::filesystem::path& path, os::Access access) override {
    return inner.create_folder_for(path, access);
  }
  std::error_code sync_directory(const std::filesystem::path& path) override {
    return inner.sync_directory(path);
  }
  std::error_code file_size(const std::filesystem::path& path, std::uint64_t& bytes) override {
    return inner.file_size(path, bytes);
  }
  std::error_code list(const std::filesystem::path& directory,
                       std::vector<std::string>& names) override {
    return inner.list(directory, names);
  }
  std::error_code lock(const std::filesystem::path& path,
                       std::unique_ptr<os::File>& held) override {
    return inner.lock(path, held);
  }
  bool lock_is_held(const std::filesystem::path& path) override { return inner.lock_is_held(path); }

 private:
  class Watched final : public os::File {
   public:
    Watched(WatchedFiles& files, std::unique_ptr<os::File> file)
        : files_(files), file_(std::move(file)) {}
    std::error_code append(std::span<const Bytes> parts, std::size_t& written) override {
      const auto error = file_->append(parts, written);
      const std::lock_guard lock(files_.mutex_);
      files_.appended_.push_back(written);
      return error;
    }
    std::error_code read_at(std::uint64_t offset, std::span<std::byte> buffer,
                            std::size_t& got) override {
      return file_->read_at(offset, buffer, got);
    }
    std::error_code sync_data() override { return file_->sync_data(); }
    std::error_code truncate(std::uint64_t size) override { return file_->truncate(size); }
    std::error_code size(std::uint64_t& bytes) override { return file_->size(bytes); }

   private:
    WatchedFiles& files_;
    std::unique_ptr<os::File> file_;
  };

  mutable std::mutex mutex_;
  std::vector<std::filesystem::path> renamed_;
  std::vector<std::size_t> appended_;
};

}  // namespace icom::test
