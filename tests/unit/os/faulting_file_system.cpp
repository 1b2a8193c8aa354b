#include "tests/unit/os/faulting_file_system.hpp"

#include <algorithm>
#include <utility>

namespace icom::os {

namespace {

std::error_code failure(int error) {
  return {error, std::generic_category()};
}

}  // namespace

class FaultingFileSystem::OpenFile final : public File {
 public:
  OpenFile(FaultingFileSystem& files, std::shared_ptr<Node> node)
      : files_(files), node_(std::move(node)) {}

  std::error_code append(std::span<const Bytes> parts, std::size_t& written) override {
    std::unique_lock lock(files_.mutex_);
    files_.appends_.pass(lock);
    ByteVector all;
    for (const Bytes part : parts) icom::append(all, part);
    std::error_code error = files_.count_operation();
    written = error ? std::min(all.size(), files_.fault_->bytes_written) : all.size();
    if (files_.room_left() < written) {
      written = static_cast<std::size_t>(files_.room_left());
      if (!error) error = failure(ENOSPC);
    }
    node_->append(Bytes(all).first(written));
    return error;
  }

  std::error_code read_at(std::uint64_t offset, std::span<std::byte> buffer,
                          std::size_t& got) override {
    const std::lock_guard lock(files_.mutex_);
    got = 0;
    if (const auto error = files_.count_operation()) return error;
    if (offset >= node_->bytes().size()) return {};
    const Bytes from = Bytes(node_->bytes()).subspan(static_cast<std::size_t>(offset));
    got = std::min(from.size(), buffer.size());
    std::copy_n(from.begin(), got, buffer.begin());
    return {};
  }

  std::error_code sync_data() override {
    std::unique_lock lock(files_.mutex_);
    files_.syncs_.pass(lock);
    if (const auto error = files_.count_operation()) return error;
    node_->sync();
    return {};
  }

  std::error_code truncate(std::uint64_t size) override {
    const std::lock_guard lock(files_.mutex_);
    if (const auto error = files_.count_operation()) return error;
    node_->resize(size);
    return {};
  }

  std::error_code size(std::uint64_t& bytes) override {
    const std::lock_guard lock(files_.mutex_);
    if (const auto error = files_.count_operation()) return error;
    bytes = node_->bytes().size();
    return {};
  }

  std::error_code is_at(const std::filesystem::path& path, bool& here) override {
    const std::lock_guard lock(files_.mutex_);
    const auto named = files_.names_.find(path);
    here = named != files_.names_.end() && named->second == node_;
    return {};
  }

 private:
  FaultingFileSystem& files_;
  std::shared_ptr<Node> node_;
};

/// Nothing but its lifetime is of use.
class FaultingFileSystem::HeldLock final : public File {
 public:
  HeldLock(FaultingFileSystem& files, std::filesystem::path path)
      : files_(files), path_(std::move(path)) {}
  ~HeldLock() override {
    const std::lock_guard lock(files_.mutex_);
    files_.locked_.erase(path_);
  }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;

  std::error_code append(std::span<const Bytes>, std::size_t&) override { return failure(EBADF); }
  std::error_code read_at(std::uint64_t, std::span<std::byte>, std::size_t&) override {
    return failure(EBADF);
  }
  std::error_code sync_data() override { return failure(EBADF); }
  std::error_code truncate(std::uint64_t) override { return failure(EBADF); }
  std::error_code size(std::uint64_t&) override { return failure(EBADF); }

 private:
  FaultingFileSystem& files_;
  std::filesystem::path path_;
};

void FaultingFileSystem::set_fault(std::optional<Fault> fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  operations_ = 0;
}

std::uint64_t FaultingFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void FaultingFileSystem::set_capacity(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void FaultingFileSystem::Gate::pass(std::unique_lock<std::mutex>& lock) {
  ++held;
  let_go.wait(lock, [this] { return !hold; });
  --held;
}

void FaultingFileSystem::set(Gate& gate, bool hold) {
  const std::lock_guard lock(mutex_);
  gate.hold = hold;
  gate.let_go.notify_all();
}

void FaultingFileSystem::hold_appends(bool hold) {
  set(appends_, hold);
}

std::size_t FaultingFileSystem::appends_held() const {
  const std::lock_guard lock(mutex_);
  return appends_.held;
}

void FaultingFileSystem::hold_syncs(bool hold) {
  set(syncs_, hold);
}

std::size_t FaultingFileSystem::syncs_held() const {
  const std::lock_guard lock(mutex_);
  return syncs_.held;
}

void FaultingFileSystem::cut_power(Survival bytes, bool names_survive) {
  const std::lock_guard lock(mutex_);
  if (names_survive) durable_names_ = names_;
  // New nodes: what handles from before the cut still do is no longer seen.
  for (auto& [path, node] : durable_names_) {
    node = std::make_shared<Node>(node->after_power_cut(bytes));
  }
  names_ = durable_names_;
  locked_.clear();
}

ByteVector FaultingFileSystem::content(const std::filesystem::path& path) const {
  const std::lock_guard lock(mutex_);
  return names_.at(path)->bytes();
}

void FaultingFileSystem::put(const std::filesystem::path& path, ByteVector content) {
  const std::lock_guard lock(mutex_);
  auto node = std::make_shared<Node>(std::move(content));
  names_[path] = node;
  durable_names_[path] = node;
  directories_.insert(path.parent_path());
}

std::vector<std::filesystem::path> FaultingFileSystem::all_files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::filesystem::path> paths;
  for (const auto& [path, node] : names_) paths.push_back(path);
  return paths;
}

std::error_code FaultingFileSystem::create(const std::filesystem::path& path,
                                           std::unique_ptr<File>& file) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  if (!directories_.contains(path.parent_path())) return failure(ENOENT);
  if (names_.contains(path)) return failure(EEXIST);
  auto node = std::make_shared<Node>();
  names_[path] = node;
  file = open(node);
  return {};
}

std::error_code FaultingFileSystem::create_for(const std::filesystem::path& path, Access /*access*/,
                                               std::unique_ptr<File>& file) {
  return create(path, file);
}

std::error_code FaultingFileSystem::create_folder_for(const std::filesystem::path& path,
                                                      Access /*access*/) {
  return create_directories(path);
}

std::error_code FaultingFileSystem::open_read(const std::filesystem::path& path,
                                              std::unique_ptr<File>& file) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  const auto found = names_.find(path);
  if (found == names_.end()) return failure(ENOENT);
  file = open(found->second);
  return {};
}

std::error_code FaultingFileSystem::open_write(const std::filesystem::path& path,
                                               std::unique_ptr<File>& file) {
  return open_read(path, file);
}

std::error_code FaultingFileSystem::overwrite(const std::filesystem::path& path, Bytes content) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  const auto found = names_.find(path);
  if (found == names_.end()) return failure(ENOENT);
  found->second->resize(0);
  found->second->append(content);
  return {};
}

/// Precondition: mutex_ is held.
std::unique_ptr<File> FaultingFileSystem::open(const std::shared_ptr<Node>& node) {
  // Shares nothing with the names' pointers but the node: it tells whether the file is open.
  const std::shared_ptr<Node> handle(node.get(), [node](Node*) {});
  std::erase_if(opened_, [](const auto& one) { return one.expired(); });
  opened_.push_back(handle);
  return std::make_unique<OpenFile>(*this, handle);
}

std::error_code FaultingFileSystem::rename(const std::filesystem::path& from,
                                           const std::filesystem::path& to) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  const auto found = names_.find(from);
  if (found == names_.end()) return failure(ENOENT);
  names_[to] = found->second;
  names_.erase(from);
  return {};
}

std::error_code FaultingFileSystem::remove(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  return names_.erase(path) == 0 ? failure(ENOENT) : std::error_code{};
}

std::error_code FaultingFileSystem::copy_rights(const std::filesystem::path& from, File& /*to*/) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  return names_.contains(from) ? std::error_code{} : failure(ENOENT);
}

std::error_code FaultingFileSystem::create_directories(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  for (auto at = path; directories_.insert(at).second && at.has_relative_path();) {
    at = at.parent_path();
  }
  return {};
}

std::error_code FaultingFileSystem::sync_directory(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  const auto inside = [&](const auto& name) { return name.first.parent_path() == path; };
  std::erase_if(durable_names_, inside);
  for (const auto& name : names_) {
    if (inside(name)) durable_names_.insert(name);
  }
  return {};
}

std::error_code FaultingFileSystem::file_size(const std::filesystem::path& path,
                                              std::uint64_t& bytes) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  const auto found = names_.find(path);
  if (found == names_.end()) return failure(ENOENT);
  bytes = found->second->bytes().size();
  return {};
}

std::error_code FaultingFileSystem::list(const std::filesystem::path& directory,
                                         std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  names.clear();
  if (const auto error = count_operation()) return error;
  if (!directories_.contains(directory)) return failure(ENOENT);
  for (const auto& [path, node] : names_) {
    if (path.parent_path() == directory) names.push_back(path.filename().string());
  }
  return {};
}

std::error_code FaultingFileSystem::lock(const std::filesystem::path& path,
                                         std::unique_ptr<File>& held) {
  const std::lock_guard lock(mutex_);
  if (const auto error = count_operation()) return error;
  if (!locked_.insert(path).second) return failure(EAGAIN);
  names_.try_emplace(path, std::make_shared<Node>());
  held = std::make_unique<HeldLock>(*this, path);
  return {};
}

bool FaultingFileSystem::lock_is_held(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  if (count_operation()) return false;
  return locked_.contains(path);
}

std::error_code FaultingFileSystem::count_operation() {
  ++operations_;
  if (!fault_ || operations_ < fault_->operation) return {};
  if (operations_ - fault_->operation >= fault_->times) return {};
  return failure(fault_->error);
}

std::uint64_t FaultingFileSystem::room_left() const {
  if (!capacity_) return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t used = 0;
  for (const auto& [path, node] : names_) used += node->bytes().size();
  std::vector<const Node*> nameless;
  for (const auto& opened : opened_) {
    const auto handle = opened.lock();
    const Node* const node = handle.get();
    const bool counted =
        node == nullptr || std::find(nameless.begin(), nameless.end(), node) != nameless.end() ||
        std::any_of(names_.begin(), names_.end(),
                    [node](const auto& name) { return name.second.get() == node; });
    if (counted) continue;
    nameless.push_back(node);
    used += node->bytes().size();
  }
  return *capacity_ - std::min(*capacity_, used);
}

}  // namespace icom::os
