#include "gateway/archive/archivist.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/log/rate_limit.hpp"
#include "common/os/files_beneath.hpp"
#include "common/os/process.hpp"
#include "gateway/archive/archive_folder.hpp"
#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/live_files.hpp"
#include "gateway/archive/live_folder.hpp"
#include "gateway/archive/record_file.hpp"
#include "gateway/archive/record_turns.hpp"
#include "gateway/archive/share_watch.hpp"
#include "gateway/archive/unwritten_records.hpp"

namespace icom::archive {

using namespace std::chrono_literals;

namespace {

// More changed records than this need not be remembered one by one: the tables are compared
// instead.
constexpr std::size_t kMostTold = 4096;
constexpr RecordTurns::Clock::duration kLongestPause = 60s;

}  // namespace

struct Archivist::State {
  explicit State(Options given)
      : options(std::move(given)),
        hosts(options.hosts),
        beneath(options.archive_directory, options.readers),
        files(options.files != nullptr ? *options.files : beneath),
        live(files, share, options.archive_directory, [this] { return live_folders_of_all(); }),
        turns(options.new_files_per_hour, options.most_remembered) {}

  LiveFiles::Folders live_folders_of_all() const {
    store::StoreReader linacs(options.store_folder);
    const std::lock_guard lock(hosts_mutex);
    return live_folders(linacs.linacs(), hosts, options.per_site);
  }

  void run();
  // By whichever thread comes first.
  void make_directory();
  // Those that PyMedPhys is told of by its settings, before there is anything to put into them.
  void make_folders_of_sites();
  void say_if_folders_cannot_be_synced();
  // Waits for something to do, at most this long; false when it is time to end.
  bool wait(RecordTurns::Clock::duration longest);
  bool is_stopping() const;
  // What the tables say is to be done goes to `turns`.
  void find_unwritten();
  void compare_tables();
  void look_at(std::int64_t record);
  // One step of whose turn it is; false if there is nothing to do now.
  bool write_some();
  void note(std::int64_t record, RecordFileResult result);
  void count_waiting();
  void say_which_are_held();

  const Options options;
  mutable std::mutex hosts_mutex;
  Hosts hosts;
  bool has_new_hosts = true;  // guarded by hosts_mutex, too
  os::FilesBeneath beneath;
  os::FileSystem& files;
  ShareWatch share;
  LiveFiles live;
  std::once_flag directory_made;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable ready;
  std::set<std::int64_t> told;  // records that changed since the thread looked
  bool compare = true;          // rather than go by `told`
  bool looks = false;           // at what has changed beside records
  bool stop = false;
  Status status;
  std::map<std::string, std::size_t> held;  // by site

  // Of the thread.
  std::unique_ptr<store::StoreReader> reader;
  std::optional<ArchiveIndex> index;
  bool index_is_suspect = false;  // damage showed: to be opened anew, which mends it
  RecordTurns turns;
  std::map<std::string, RecordFile> under_way;  // by site
  std::set<std::int64_t> failing;               // records that failed when they were last tried
  bool said_unsynced = false;
  log::RateLimit no_name_lines{3, 10min};

  // Of whoever calls log_state().
  std::map<std::string, log::RateLimit> held_lines;
};

// Only now: a share that goes away later must not be replaced by a folder.
void Archivist::State::make_directory() {
  std::call_once(directory_made, [this] {
    const ShareWatch::Call call(share);
    if (const auto error = files.create_directories(options.archive_directory)) {
      spdlog::warn("the archive's directory {} cannot be made: {}",
                   options.archive_directory.string(), error.message());
    }
  });
}

void Archivist::State::make_folders_of_sites() {
  std::set<std::string> sites;
  {
    const std::lock_guard lock(hosts_mutex);
    if (!std::exchange(has_new_hosts, false)) return;
    for (const auto& [linac, host] : hosts) sites.insert(linac.first);
  }
  const ShareWatch::Call call(share);
  std::error_code error;
  // Where it is a share that is away, they would come to be in its mount point.
  if (!std::filesystem::is_directory(options.archive_directory, error)) return;
  for (const std::string& folder : folders_of_sites(sites, options.per_site)) {
    error = files.create_directories(options.archive_directory / folder);
    if (error) spdlog::warn("the archive's folder {} cannot be made: {}", folder, error.message());
  }
}

void Archivist::State::say_if_folders_cannot_be_synced() {
  if (said_unsynced || beneath.folders_can_be_synced()) return;
  said_unsynced = true;
  spdlog::warn(
      "the archive's share cannot sync folders: files are written, but a power cut of the share's "
      "server may take back the last ones, and nobody would write them again");
}

bool Archivist::State::wait(RecordTurns::Clock::duration longest) {
  std::unique_lock lock(mutex);
  ready.wait_for(lock, longest, [&] { return stop || looks || !told.empty(); });
  looks = false;
  return !stop;
}

bool Archivist::State::is_stopping() const {
  const std::lock_guard lock(mutex);
  return stop;
}

void Archivist::State::find_unwritten() {
  if (std::exchange(index_is_suspect, false)) {
    index.emplace(ArchiveIndex::open_for_writing(options.store_folder));
    const std::lock_guard lock(mutex);
    compare = true;
  }
  bool all = false;
  std::set<std::int64_t> changed;
  {
    const std::lock_guard lock(mutex);
    all = std::exchange(compare, false) || turns.needs_comparison();
    changed.swap(told);
  }
  if (all) {
    compare_tables();
  } else {
    for (const std::int64_t record : changed) look_at(record);
  }
  if (all || !changed.empty()) count_waiting();
}

void Archivist::State::compare_tables() {
  turns.begin_comparison();
  visit_unwritten_records(*reader, *index, [this](const UnwrittenRecord& record) {
    turns.add(record.site, record.id, record.is_new);
  });
  turns.end_comparison();
}

void Archivist::State::look_at(std::int64_t record) {
  const auto row = reader->record(record);
  if (!row) return;
  const bool has_file = index->find(record).has_value();
  const bool is_to_have_one = row->stored.record.next && row->stored.record.kept;
  if (is_to_have_one || has_file) turns.add(row->linac.site, record, !has_file);
}

void Archivist::State::note(std::int64_t record, RecordFileResult result) {
  if (result == RecordFileResult::no_name) {
    if (const auto unsaid = no_name_lines.admit(std::chrono::steady_clock::now())) {
      spdlog::error(
          "record {} gets no file: every name within an hour of its beginning is taken by others "
          "of the same patient; it is in the store, and icom-gateway export writes it out ({} like "
          "this not logged)",
          record, *unsaid);
    }
  }
  failing.erase(record);
  if (failing.empty()) share.attempted("");
  const std::lock_guard lock(mutex);
  if (result == RecordFileResult::written) ++status.written;
  if (result == RecordFileResult::no_name) ++status.unnamed;
}

void Archivist::State::count_waiting() {
  auto held_now = turns.held();
  const std::lock_guard lock(mutex);
  status.pending = turns.waiting();
  held = std::move(held_now);
}

bool Archivist::State::write_some() {
  const auto turn = turns.next(RecordTurns::Clock::now());
  if (!turn) {
    count_waiting();
    if (failing.empty()) share.attempted("");
    return false;
  }
  try {
    if (turn->begins) under_way.erase(turn->site);
    RecordFile& file =
        under_way
            .try_emplace(turn->site, turn->record,
                         ArchiveFolder{files, share, options.archive_directory, options.per_site})
            .first->second;
    const auto result = file.step(*reader, *index);
    if (!result) return true;
    if (result == RecordFileResult::changed) {
      turns.again(*turn);
    } else {
      turns.finished(*turn, result == RecordFileResult::written, RecordTurns::Clock::now());
      note(turn->record, *result);
    }
  } catch (const std::exception& error) {
    turns.failed(*turn, RecordTurns::Clock::now());  // keeps no other from its file
    failing.insert(turn->record);
    const auto* sql = dynamic_cast<const store::SqlError*>(&error);
    index_is_suspect = index_is_suspect || (sql != nullptr && sql->is_damage());
    share.attempted(error.what());
    const std::lock_guard lock(mutex);
    ++status.failures;
  }
  under_way.erase(turn->site);
  say_if_folders_cannot_be_synced();
  count_waiting();
  return true;
}

void Archivist::State::run() {
  os::lower_priority_of_this_thread();  // compressing a backlog's records; the store comes first
  RecordTurns::Clock::duration retry = RecordTurns::kFirstRetry;
  RecordTurns::Clock::duration pause{};
  do {
    try {
      make_folders_of_sites();
      do {
        find_unwritten();
      } while (!is_stopping() && write_some());
      const auto now = RecordTurns::Clock::now();
      const auto next = turns.next_time(now);
      pause = next ? std::min(*next - now, kLongestPause) : kLongestPause;
      retry = RecordTurns::kFirstRetry;
    } catch (const std::exception& error) {
      share.attempted(std::string("the store cannot be read: ") + error.what());
      pause = std::exchange(retry, std::min(retry * 2, RecordTurns::kLongestRetry));
      const std::lock_guard lock(mutex);
      compare = true;
      ++status.failures;
    }
  } while (wait(pause));
  under_way.clear();  // with their temporary files
}

void Archivist::State::say_which_are_held() {
  std::map<std::string, std::size_t> sites;
  {
    const std::lock_guard lock(mutex);
    sites = held;
  }
  for (const auto& [site, count] : sites) {
    auto& line = held_lines.try_emplace(site, 1, 1h).first->second;
    if (!line.admit(std::chrono::steady_clock::now())) continue;
    spdlog::warn(
        "{} has more than {} new records in an hour: {} wait for their file in the archive until "
        "the "
        "hour has passed; they are in the store, and other sites do not wait",
        site, options.new_files_per_hour, count);
  }
}

Archivist::Archivist(Options options) : state_(std::make_shared<State>(std::move(options))) {}

Archivist::~Archivist() {
  stop(given_up_ ? 0ms : kStopLimit);
}

void Archivist::start() {
  try {
    state_->reader = std::make_unique<store::StoreReader>(state_->options.store_folder);
    state_->index.emplace(ArchiveIndex::open_for_writing(state_->options.store_folder));
    state_->index->forget_unwritten();  // somebody may have made room among the names
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string("cannot start the archive: ") + error.what());
  }
  records_.start("archive", [state = state_] {
    state->make_directory();
    state->run();
  });
  if (!state_->options.live) return;
  live_.start("archive-live", [state = state_] {
    state->make_directory();
    state->live.run();
  });
}

bool Archivist::stop(std::chrono::milliseconds limit) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->ready.notify_one();
  state_->live.end();
  const auto until = std::chrono::steady_clock::now() + limit;
  const auto left = [until] {
    return std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(
                             until - std::chrono::steady_clock::now()));
  };
  const bool records_ended = records_.wait_for_end(left());
  given_up_ = !live_.wait_for_end(left()) || !records_ended;
  return !given_up_;
}

void Archivist::log_state() {
  state_->say_which_are_held();
  const auto line = state_->share.line(ShareWatch::Clock::now(), status().pending);
  if (!line) return;
  spdlog::log(line->trouble ? spdlog::level::warn : spdlog::level::info, "{}", line->text);
}

void Archivist::set_hosts(Hosts hosts) {
  {
    const std::lock_guard lock(state_->hosts_mutex);
    state_->hosts = std::move(hosts);
    state_->has_new_hosts = true;
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->looks = true;
  }
  state_->ready.notify_one();
  state_->live.forget_folders();
}

Archivist::Status Archivist::status() const {
  const LiveFiles::Counts live = state_->live.counts();
  const std::lock_guard lock(state_->mutex);
  Status status = state_->status;
  status.pending = std::max<std::uint64_t>(status.pending, state_->told.size());
  for (const auto& [site, count] : state_->held) status.held += count;
  status.live_written = live.written;
  status.live_dropped = live.dropped;
  status.last_error = state_->share.last_problem();
  status.silent = state_->share.is_silent(ShareWatch::Clock::now());
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
