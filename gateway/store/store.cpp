#include "gateway/store/store.hpp"

#include <chrono>
#include <future>
#include <map>
#include <mutex>
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

// More in one transaction would not be faster, and the first batch would wait longer for its
// acknowledgement.
constexpr std::size_t kGroupBytes = std::size_t{16} << 20U;
constexpr auto kIdleAfter = 500ms;

}  // namespace

struct Store::State {
  State(const std::filesystem::path& folder, Options options, StoreObserver* observer)
      : lock(claim_folder(folder)),
        queue(options.max_queued_bytes),
        writer(database_file(folder), observer,
               [this](LinacId linac, const std::map<std::uint64_t, std::uint64_t>& changes) {
                 remember(linac, changes);
               }),
        reader(database_file(folder), Database::Access::read_only),
        thread([this] { run(); }) {}

  ~State() {
    queue.stop();
    thread.join();
  }

  void run() {
    while (true) {
      WriterWork work = queue.pop(kGroupBytes, kIdleAfter);
      if (work.empty() && !work.stop) {
        writer.idle();
        continue;
      }
      for (const auto& errand : work.errands) {
        errand();
      }
      if (!work.batches.empty()) {
        std::size_t bytes = 0;
        for (const IncomingBatch& batch : work.batches) {
          bytes += BatchQueue::size_of(batch);
        }
        writer.commit(work.batches);
        work.batches.clear();
        queue.release(bytes);
      }
      if (work.stop) {
        // A reader that closes after us cannot, and the database file alone should be whole.
        writer.idle();
        return;
      }
    }
  }

  void remember(LinacId linac, const std::map<std::uint64_t, std::uint64_t>& changes) {
    const std::lock_guard guard(mutex);
    for (const auto& [run, seq] : changes) {
      positions[{linac, run}] = seq;
    }
  }

  std::unique_ptr<os::File> lock;
  BatchQueue queue;
  Writer writer;

  std::mutex mutex;  // guards what follows
  Database reader;   // for positions that are not remembered
  std::map<std::pair<LinacId, std::uint64_t>, std::uint64_t> positions;
  std::map<std::pair<std::string, std::string>, LinacId> linacs;

  std::thread thread;  // last: it uses everything above
};

Store::Store(const std::filesystem::path& folder, Options options, StoreObserver* observer) {
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
  const std::lock_guard guard(state_->mutex);
  state_->linacs[{site, serial}] = id;
  return id;
}

std::uint64_t Store::stored_position(LinacId linac, std::uint64_t run) {
  const std::lock_guard guard(state_->mutex);
  const auto known = state_->positions.find({linac, run});
  if (known != state_->positions.end()) {
    return known->second;
  }
  // The writer remembers under this lock after its commit, so nothing older can take the place of
  // something newer.
  return state_->positions[{linac, run}] = load_position(state_->reader, linac, run);
}

bool Store::submit(IncomingBatch&& batch) {
  return state_->queue.push(std::move(batch));
}

}  // namespace icom::store
