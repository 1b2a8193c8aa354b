#include "tests/unit/store/faulting_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <new>
#include <random>
#include <thread>
#include <utility>

#include "tests/unit/store/vfs_locks.hpp"

namespace icom::test {

namespace {

// As SQLite's own for Unix tells them.
constexpr int kSectorSize = 4096;
constexpr int kCharacteristics = SQLITE_IOCAP_POWERSAFE_OVERWRITE;
constexpr int kLongestPath = 512;

/// A file apart from its name.
struct Node {
  os::DurableBytes bytes;
  FileLocks locks;
  WalIndex index;
};
using Names = std::map<std::string, std::shared_ptr<Node>>;

/// Copies each thing once, however many names it has.
template <typename From, typename To>
class Copies {
 public:
  template <typename Make>
  std::map<std::string, std::shared_ptr<To>> of(
      const std::map<std::string, std::shared_ptr<From>>& originals, Make make) {
    std::map<std::string, std::shared_ptr<To>> copies;
    for (const auto& [path, original] : originals) {
      std::shared_ptr<To>& copy = made_[original.get()];
      if (!copy) copy = make(*original);
      copies[path] = copy;
    }
    return copies;
  }

 private:
  std::map<const From*, std::shared_ptr<To>> made_;
};

std::shared_ptr<Node> node_with(os::DurableBytes bytes) {
  return std::make_shared<Node>(Node{std::move(bytes), {}, {}});
}

}  // namespace

struct FaultingVfs::State {
  /// SQLITE_OK, or `error` if this operation is to fail. Precondition: mutex is held.
  int count(int error, bool is_write = false) {
    ++operations;
    if (!fault || operations < fault->operation || failed >= fault->times) return SQLITE_OK;
    if (fault->failure == Failure::disk_full) {
      if (!is_write) return SQLITE_OK;
      error = SQLITE_FULL;
    }
    ++failed;
    return error;
  }

  sqlite3_vfs vfs{};
  mutable std::mutex mutex;
  std::optional<Fault> fault;
  std::uint64_t operations = 0;
  std::uint64_t failed = 0;
  Names names;
  Names durable_names;
  std::minstd_rand random;
};

namespace {

using State = FaultingVfs::State;

/// What SQLite holds of an open file. SQLite allocates it and never constructs it.
struct OpenFile {
  sqlite3_file base;
  struct Handle* handle;
};

struct Handle {
  State* state;
  std::shared_ptr<Node> node;
  std::string path;        ///< empty: a temporary file, or one that goes when it is closed
  bool names_not_durable;  ///< a journal that was made: its first sync makes its name durable too
};

Handle& handle_of(sqlite3_file* file) {
  return *reinterpret_cast<OpenFile*>(file)->handle;
}

int close_file(sqlite3_file* file) {
  Handle* handle = &handle_of(file);
  const std::lock_guard lock(handle->state->mutex);
  handle->node->locks.lower(handle, SQLITE_LOCK_NONE);
  handle->node->index.leave(handle);
  delete handle;
  return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  if (const int error = handle.state->count(SQLITE_IOERR_READ)) return error;
  const ByteVector& bytes = handle.node->bytes.bytes();
  const auto wanted = static_cast<std::size_t>(amount);
  const std::size_t from = std::min(bytes.size(), static_cast<std::size_t>(offset));
  const std::size_t got = std::min(wanted, bytes.size() - from);
  std::copy_n(bytes.data() + from, got, static_cast<std::byte*>(to));  // of an empty file: none
  std::memset(static_cast<char*>(to) + got, 0, wanted - got);
  return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  const int error = handle.state->count(SQLITE_IOERR_WRITE, true);
  auto size = static_cast<std::size_t>(amount);
  if (error != SQLITE_OK) size = std::min(size - 1, handle.state->fault->bytes_written);
  if (size > 0) {
    handle.node->bytes.write(static_cast<std::uint64_t>(offset),
                             {static_cast<const std::byte*>(from), size});
  }
  return error;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  if (const int error = handle.state->count(SQLITE_IOERR_TRUNCATE)) return error;
  handle.node->bytes.resize(static_cast<std::uint64_t>(size));
  return SQLITE_OK;
}

int sync_file(sqlite3_file* file, int) {
  Handle& handle = handle_of(file);
  State& state = *handle.state;
  const std::lock_guard lock(state.mutex);
  if (const int error = state.count(SQLITE_IOERR_FSYNC)) return error;
  handle.node->bytes.sync();
  if (std::exchange(handle.names_not_durable, false)) state.durable_names = state.names;
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  if (const int error = handle.state->count(SQLITE_IOERR_FSTAT)) return error;
  *size = static_cast<sqlite3_int64>(handle.node->bytes.bytes().size());
  return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  if (const int error = handle.state->count(SQLITE_IOERR_LOCK)) return error;
  return handle.node->locks.take(&handle, level);
}

int unlock_file(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  handle.node->locks.lower(&handle, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* file, int* reserved) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  if (const int error = handle.state->count(SQLITE_IOERR_CHECKRESERVEDLOCK)) return error;
  *reserved = handle.node->locks.is_reserved() ? 1 : 0;
  return SQLITE_OK;
}

int control_file(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
  return kSectorSize;
}

int characteristics(sqlite3_file*) {
  return kCharacteristics;
}

int map_index(sqlite3_file* file, int region, int bytes, int make, void volatile** memory) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  *memory = nullptr;
  if (const int error = handle.state->count(SQLITE_IOERR_SHMMAP)) return error;
  *memory = handle.node->index.region(&handle, static_cast<std::size_t>(region),
                                      static_cast<std::size_t>(bytes), make != 0);
  return SQLITE_OK;
}

int lock_index(sqlite3_file* file, int first, int count, int flags) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    handle.node->index.let_go(&handle, first, count);
    return SQLITE_OK;
  }
  if (const int error = handle.state->count(SQLITE_IOERR_SHMLOCK)) return error;
  return handle.node->index.take(&handle, first, count, (flags & SQLITE_SHM_EXCLUSIVE) != 0);
}

void order_index(sqlite3_file* file) {
  const std::lock_guard lock(handle_of(file).state->mutex);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

int unmap_index(sqlite3_file* file, int) {
  Handle& handle = handle_of(file);
  const std::lock_guard lock(handle.state->mutex);
  handle.node->index.leave(&handle);
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_index,
    .xShmLock = lock_index,
    .xShmBarrier = order_index,
    .xShmUnmap = unmap_index,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

State& state_of(sqlite3_vfs* vfs) {
  return *static_cast<State*>(vfs->pAppData);
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  State& state = state_of(vfs);
  const std::lock_guard lock(state.mutex);
  file->pMethods = nullptr;
  if (const int error = state.count(SQLITE_CANTOPEN)) return error;
  const std::string path = name != nullptr ? name : "";
  std::shared_ptr<Node> node;
  bool is_new_journal = false;
  if (path.empty()) {
    node = std::make_shared<Node>();
  } else if (const auto found = state.names.find(path); found != state.names.end()) {
    if ((flags & SQLITE_OPEN_EXCLUSIVE) != 0) return SQLITE_CANTOPEN;
    node = found->second;
  } else {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    node = std::make_shared<Node>();
    state.names[path] = node;
    is_new_journal = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  }
  if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) state.names.erase(path);
  reinterpret_cast<OpenFile*>(file)->handle =
      new Handle{&state, std::move(node), path, is_new_journal};
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  State& state = state_of(vfs);
  const std::lock_guard lock(state.mutex);
  if (const int error = state.count(SQLITE_IOERR_DELETE)) return error;
  if (state.names.erase(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
  if (sync_directory != 0) state.durable_names = state.names;
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* there) {
  State& state = state_of(vfs);
  const std::lock_guard lock(state.mutex);
  if (const int error = state.count(SQLITE_IOERR_ACCESS)) return error;
  const auto found = state.names.find(name);
  // As for Unix: an empty file is none.
  const bool exists = found != state.names.end() &&
                      (flags != SQLITE_ACCESS_EXISTS || !found->second->bytes.bytes().empty());
  *there = exists ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int room, char* full) {
  sqlite3_snprintf(room, full, "%s", name);
  return SQLITE_OK;
}

int random_bytes(sqlite3_vfs* vfs, int count, char* bytes) {
  State& state = state_of(vfs);
  const std::lock_guard lock(state.mutex);
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<char>(state.random());
  return count;
}

int sleep_for(sqlite3_vfs*, int microseconds) {
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  return microseconds;
}

int current_time(sqlite3_vfs*, double* julian_day) {
  *julian_day = 2461101.5;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

FaultingVfs::FaultingVfs() : state_(std::make_unique<State>()) {
  sqlite3_vfs& vfs = state_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = kLongestPath;
  vfs.zName = "faulting";
  vfs.pAppData = state_.get();
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = random_bytes;
  vfs.xSleep = sleep_for;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) throw std::bad_alloc();
}

FaultingVfs::~FaultingVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
}

void FaultingVfs::set_fault(std::optional<Fault> fault) {
  const std::lock_guard lock(state_->mutex);
  state_->fault = fault;
  state_->operations = 0;
  state_->failed = 0;
}

std::uint64_t FaultingVfs::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}

std::uint64_t FaultingVfs::failed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failed;
}

void FaultingVfs::cut_power(os::Survival bytes) {
  const std::lock_guard lock(state_->mutex);
  if (bytes == os::Survival::everything) state_->durable_names = state_->names;
  for (auto& [path, node] : state_->durable_names) {
    node = node_with(os::DurableBytes(node->bytes.after_power_cut(bytes)));
  }
  state_->names = state_->durable_names;
}

FaultingVfs::Disk FaultingVfs::save() const {
  const std::lock_guard lock(state_->mutex);
  Copies<Node, const os::DurableBytes> copies;
  const auto copy = [](const Node& node) {
    return std::make_shared<const os::DurableBytes>(node.bytes);
  };
  Disk disk;
  disk.files = copies.of(state_->names, copy);
  disk.durable = copies.of(state_->durable_names, copy);
  return disk;
}

void FaultingVfs::load(const Disk& disk) {
  const std::lock_guard lock(state_->mutex);
  Copies<const os::DurableBytes, Node> copies;
  state_->names = copies.of(disk.files, node_with);
  state_->durable_names = copies.of(disk.durable, node_with);
}

bool FaultingVfs::contains(const std::filesystem::path& path) const {
  const std::lock_guard lock(state_->mutex);
  return state_->names.contains(path.string());
}

ByteVector FaultingVfs::content(const std::filesystem::path& path) const {
  const std::lock_guard lock(state_->mutex);
  return state_->names.at(path.string())->bytes.bytes();
}

void FaultingVfs::put(const std::filesystem::path& path, ByteVector content) {
  const std::lock_guard lock(state_->mutex);
  const auto node = node_with(os::DurableBytes(std::move(content)));
  state_->names[path.string()] = node;
  state_->durable_names[path.string()] = node;
}

void FaultingVfs::remove(const std::filesystem::path& path) {
  const std::lock_guard lock(state_->mutex);
  state_->names.erase(path.string());
  state_->durable_names.erase(path.string());
}

}  // namespace icom::test
