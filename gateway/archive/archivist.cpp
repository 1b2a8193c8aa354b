#include "gateway/archive/archivist.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "common/os/process.hpp"
#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/live_files.hpp"
#include "gateway/archive/record_file.hpp"

namespace icom::archive {

using namespace std::chrono_literals;

namespace {

// More changed records than this need not be remembered one by one: the tables are compared
// instead.
constexpr std::size_t kMostTold = 4096;
constexpr std::chrono::milliseconds kFirstRetry = 1s;
constexpr std::chrono::milliseconds kLongestRetry = 60s;

}  // namespace

struct Archivist::State {
  explicit State(Options given)
      : options(std::move(given)),
        hosts(options.hosts),
        files(*options.files),
        live(files, options.archive_directory,
             [this](std::int64_t linac) { return host_of(linac); }) {}

  std::string host_of(std::int64_t linac) const {
    store::StoreReader linacs(options.store_folder);
    const std::lock_guard lock(hosts_mutex);
    for (const store::LinacRow& row : linacs.linacs()) {
      const auto host = hosts.find({row.site, row.serial});
      if (row.id == linac && host != hosts.end()) {
        return host->second;
      }
    }
    return {};
  }

  void run();
  // Waits for something to do, at most this long; false when it is time to end.
  bool wait(std::chrono::milliseconds longest);
  void find_unwritten();
  void write_pending();
  void write_one(std::int64_t record);

  const Options options;
  mutable std::mutex hosts_mutex;
  Hosts hosts;
  os::FileSystem& files;
  LiveFiles live;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable ready;
  std::set<std::int64_t> told;  // records that changed since the thread looked
  bool compare = true;          // rather than go by `told`
  bool stop = false;
  Status status;

  // Of the thread.
  std::unique_ptr<store::StoreReader> reader;
  std::optional<ArchiveIndex> index;
  bool index_is_suspect = false;  // damage showed: to be opened anew, which mends it
  std::set<std::int64_t> pending;
  std::thread thread;
};

bool Archivist::State::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex);
  ready.wait_for(lock, longest, [&] { return stop || !told.empty(); });
  return !stop;
}

void Archivist::State::find_unwritten() {
  bool all = false;
  {
    const std::lock_guard lock(mutex);
    all = std::exchange(compare, false);
    pending.merge(told);
    told.clear();
  }
  if (!all) {
    return;
  }
  const auto written = index->revisions();
  for (const auto& record : reader->closed_records()) {
    const auto found = written.find(record.id);
    const bool has_file = found != written.end();
    if (record.kept ? !has_file || found->second != record.revision : has_file) {
      pending.insert(record.id);
    }
  }
}

void Archivist::State::write_one(std::int64_t record) {
  const RecordFileResult result =
      update_record_file(record, *reader, *index, files, options.archive_directory);
  if (result == RecordFileResult::written) {
    const std::lock_guard lock(mutex);
    ++status.written;
  }
}

void Archivist::State::write_pending() {
  std::string problem;
  for (auto next = pending.begin(); next != pending.end();) {
    {
      const std::lock_guard lock(mutex);
      status.pending = pending.size();
      if (stop) {
        return;
      }
    }
    try {
      write_one(*next);
      next = pending.erase(next);
    } catch (const std::exception& error) {
      problem = error.what();
      const auto* sql = dynamic_cast<const store::SqlError*>(&error);
      index_is_suspect = index_is_suspect || (sql != nullptr && sql->is_damage());
      ++next;  // one record that cannot be written keeps no other from its file
      const std::lock_guard lock(mutex);
      ++status.failures;
    }
  }
  const std::lock_guard lock(mutex);
  status.pending = pending.size();
  if (problem != status.last_error) {
    if (problem.empty()) {
      spdlog::info("the archive is in step with the store again");
    } else {
      spdlog::warn("the archive is behind, {} records wait: {}", pending.size(), problem);
    }
    status.last_error = problem;
  }
}

void Archivist::State::run() {
  os::lower_priority_of_this_thread();  // compressing a backlog's records; the store comes first
  std::chrono::milliseconds retry = kFirstRetry;
  std::chrono::milliseconds pause = kLongestRetry;
  bool in_step = false;
  do {
    try {
      if (std::exchange(index_is_suspect, false)) {
        index.emplace(ArchiveIndex::open_for_writing(options.store_folder));
        const std::lock_guard lock(mutex);
        compare = true;
      }
      find_unwritten();
      write_pending();
      in_step = pending.empty();
    } catch (const std::exception& error) {
      in_step = false;
      const std::lock_guard lock(mutex);
      compare = true;
      ++status.failures;
      if (status.last_error != error.what()) {
        status.last_error = error.what();
        spdlog::warn("the archive cannot read the store: {}", error.what());
      }
    }
    pause = in_step ? kLongestRetry : retry;
    retry = in_step ? kFirstRetry : std::min(retry * 2, kLongestRetry);
  } while (wait(pause));
}

Archivist::Archivist(Options options) : state_(std::make_unique<State>(std::move(options))) {}

Archivist::~Archivist() {
  stop();
}

void Archivist::start() {
  try {
    state_->reader = std::make_unique<store::StoreReader>(state_->options.store_folder);
    state_->index.emplace(ArchiveIndex::open_for_writing(state_->options.store_folder));
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string("cannot start the archive: ") + error.what());
  }
  // Only now: a share that goes away later must not be replaced by a folder.
  if (const auto error = state_->files.create_directories(state_->options.archive_directory)) {
    spdlog::warn("the archive's directory {} cannot be made: {}",
                 state_->options.archive_directory.string(), error.message());
  }
  State* state = state_.get();
  state_->thread = std::thread([state] { state->run(); });
  if (state_->options.live) {
    state_->live.start();
  }
}

void Archivist::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->ready.notify_one();
  state_->live.stop();
  if (state_->thread.joinable()) {
    state_->thread.join();
  }
}

void Archivist::set_hosts(Hosts hosts) {
  {
    const std::lock_guard lock(state_->hosts_mutex);
    state_->hosts = std::move(hosts);
  }
  state_->live.forget_folders();
}

Archivist::Status Archivist::status() const {
  const LiveFiles::Counts live = state_->live.counts();
  const std::lock_guard lock(state_->mutex);
  Status status = state_->status;
  status.pending = std::max<std::uint64_t>(status.pending, state_->told.size());
  status.live_written = live.written;
  status.live_dropped = live.dropped;
  return status;
}

void Archivist::frame_stored(store::LinacId linac, const FrameIdentity& identity, Bytes bytes) {
  if (state_->options.live) {
    state_->live.add(linac, identity.counter, bytes);
  }
}

void Archivist::record_changed(std::int64_t record) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->told.size() < kMostTold) {
      state_->told.insert(record);
    } else {
      state_->compare = true;
    }
  }
  state_->ready.notify_one();
}

}  // namespace icom::archive
