#include "gateway/store/store.hpp"

#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "gateway/store/batch_queue.hpp"
#include "gateway/store/position_table.hpp"
#include "gateway/store/store_files.hpp"
#include "gateway/store/writer.hpp"

namespace icom::store {

namespace {

using namespace std::chrono_literals;

// What is not committed comes again, and who stops us waits.
constexpr auto kTimeToStop = 1s;

EventLimits with_the_machines(EventLimits limits, const std::filesystem::path& folder) {
  if (!limits.free_bytes) {
    limits.free_bytes = [folder] {
      std::error_code error;
      const auto space = std::filesystem::space(folder, error);
      return error ? std::uint64_t{0} : std::uint64_t{space.available};
    };
  }
  if (!limits.day) {
    limits.day = [] {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      return std::int64_t{std::chrono::duration_cast<std::chrono::days>(now).count()};
    };
  }
  return limits;
}

}  // namespace

struct Store::State {
  State(const std::filesystem::path& folder, const Options& options, StoreObserver* observer)
      : lock(claim_folder(folder)),
        clock(options.clock ? options.clock : std::chrono::steady_clock::now),
        queue(options.max_queued_bytes),
        writer(database_file(folder), queue, observer, clock,
               with_the_machines(options.events, folder), options.rebuild),
        idle_after(options.idle_after),
        reader(database_file(folder), Database::Access::read_only),
        // Its WAL is opened, or made, by the first that it reads: later another may have that name.
        reader_has_wal((reader.execute("PRAGMA user_version"), true)),
        thread([this] { run(); }) {}

  ~State() {
    queue.stop();
    thread.join();
  }

  void run() {
    bool more_to_build = false;
    std::optional<std::chrono::steady_clock::time_point> stop_by;
    while (true) {
      WriterWork work = queue.wait(more_to_build ? 0ms : idle_after);
      if (work.empty() && !work.stop) {
        more_to_build = writer.idle();
        continue;
      }
      more_to_build = false;
      for (const auto& errand : work.errands) {
        errand();
      }
      if (work.stopping && !stop_by) {
        stop_by = clock() + kTimeToStop;
      }
      if (work.batches && stop_by && clock() >= *stop_by) {
        writer.give_up();
      } else if (work.batches) {
        writer.commit();
        writer.keep_up();
      }
      if (work.stop) {
        // A reader that closes after us cannot, and the database file alone should be whole.
        writer.finish();
        return;
      }
    }
  }

  std::unique_ptr<os::File> lock;
  Writer::Clock clock;
  BatchQueue queue;
  Writer writer;
  std::chrono::milliseconds idle_after;

  std::mutex mutex;  // guards what follows
  std::map<std::pair<std::string, std::string>, LinacId> linacs;

  std::mutex reader_mutex;  // guards what follows; the writer never waits for it
  Database reader;          // for positions
  bool reader_has_wal;

  std::thread thread;  // last: it uses everything above
};

Store::Store(const std::filesystem::path& folder, const Options& options, StoreObserver* observer) {
  try {
    state_ = std::make_unique<State>(folder, options, observer);
  } catch (const std::exception& error) {
    throw std::runtime_error("cannot open the store " + folder.string() + ": " + error.what());
  }
}

Store::~Store() = default;

LinacId Store::linac(const std::string& site, const std::string& serial) {
  {
    const std::lock_guard guard(state_->mutex);
    const auto known = state_->linacs.find({site, serial});
    if (known != state_->linacs.end()) {
      return known->second;
    }
  }
  std::promise<LinacId> promise;
  std::future<LinacId> result = promise.get_future();
  state_->queue.push([&] {
    try {
      promise.set_value(state_->writer.register_linac(site, serial));
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  });
  const LinacId id = result.get();
  state_->queue.set_site(id, site);
  const std::lock_guard guard(state_->mutex);
  state_->linacs[{site, serial}] = id;
  return id;
}

void Store::set_timezone(const std::string& site, const std::string& zone) {
  state_->queue.push([this, site, zone] { state_->writer.set_timezone(site, zone); });
}

std::vector<StoredPosition> Store::stored_positions(LinacId linac,
                                                    std::span<const std::uint64_t> runs) {
  if (!is_in_place()) throw StoreAway();
  const std::lock_guard guard(state_->reader_mutex);
  const Transaction snapshot(state_->reader, Transaction::Kind::read);
  std::vector<StoredPosition> stored;
  stored.reserve(runs.size());
  for (const std::uint64_t run : runs) {
    stored.push_back(load_position(state_->reader, linac, run));
  }
  // Agents let go of what they are told is stored.
  if (!is_in_place()) throw StoreAway();
  return stored;
}

bool Store::submit(IncomingBatch&& batch) {
  return state_->queue.push(std::move(batch));
}

bool Store::is_in_place() const {
  return state_->writer.look_at_place().state == PlaceState::in_place;
}

std::string Store::why_to_end() const {
  return state_->writer.why_to_end();
}

}  // namespace icom::store
