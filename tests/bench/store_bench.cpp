// What the store takes in, everything durable before done(): frames a second, bytes on disk, memory
// per Linac. One thread prepares (copies, identifies, finds the facts) as the ingest side does, the
// store's own writes: two cores.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <stdlib.h>

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "common/icom/values.hpp"
#include "gateway/store/store.hpp"
#include "tests/bench/sample_day.hpp"

namespace icom {
namespace {

class LinacDay {
 public:
  explicit LinacDay(store::LinacId linac) : linac_(linac) {}

  store::IncomingBatch next(std::size_t frames) {
    store::IncomingBatch batch;
    batch.linac = linac_;
    std::size_t size = 0;
    for (std::size_t i = 0; i < frames; ++i) {
      size += test::size_in_day(n_ + i);
    }
    batch.arena.reserve(size);
    batch.entries.reserve(frames);
    for (std::size_t i = 0; i < frames; ++i, ++n_) {
      const std::size_t at = batch.arena.size();
      test::append_frame_of_day(batch.arena, n_);
      store::IncomingEntry entry;
      entry.run = 1;
      entry.seq = n_ + 1;
      entry.received_us = test::received_in_day(n_);
      entry.bytes = Bytes(batch.arena).subspan(at);
      entry.identity = identify(entry.bytes).value();
      entry.facts = facts_of(entry.bytes);
      batch.entries.push_back(entry);
    }
    raw_bytes += size;
    return batch;
  }

  std::uint64_t raw_bytes = 0;

 private:
  store::LinacId linac_;
  std::uint64_t n_ = 0;
};

// Counts what is not done yet.
class Outstanding {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void done(bool stored) {
    const std::lock_guard lock(mutex_);
    failed_ = failed_ || !stored;
    --count_;
    changed_.notify_all();
  }
  /// False if a batch was not stored.
  bool wait_for_all() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ == 0; });
    return !failed_;
  }
  void wait_for_some() {
    std::unique_lock lock(mutex_);
    const std::size_t before = count_;
    changed_.wait(lock, [&] { return count_ < before || count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  bool failed_ = false;
};

std::size_t heap_in_use() {
  return mallinfo2().uordblks;
}

std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    bytes += file.file_size();
  }
  return bytes;
}

// Arguments: Linacs, frames a batch, rounds of one batch for each Linac.
void store_ingest(benchmark::State& state) {
  const auto linacs = static_cast<std::size_t>(state.range(0));
  const auto batch_frames = static_cast<std::size_t>(state.range(1));
  const auto rounds = static_cast<std::size_t>(state.range(2));
  (void)test::day_templates();
  std::string name = (std::filesystem::temp_directory_path() / "icom-bench-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  const std::size_t heap_before = heap_in_use();
  auto store = std::make_unique<store::Store>(folder, store::Store::Options{}, nullptr);
  store->set_timezone("bench", "Australia/Sydney");
  std::vector<LinacDay> days;
  for (std::size_t i = 0; i < linacs; ++i) {
    days.emplace_back(store->linac("bench", std::to_string(i)));
  }
  Outstanding outstanding;
  for (auto _ : state) {
    for (std::size_t round = 0; round < rounds; ++round) {
      for (LinacDay& day : days) {
        store::IncomingBatch batch = day.next(batch_frames);
        batch.done = [&](bool stored) { outstanding.done(stored); };
        outstanding.add();
        while (!store->submit(std::move(batch))) {
          outstanding.wait_for_some();
        }
      }
    }
    if (!outstanding.wait_for_all()) {
      state.SkipWithError("a batch was not stored");
      break;
    }
  }
  const std::size_t heap_after = heap_in_use();
  store.reset();  // moves the WAL into the database file
  std::uint64_t raw = 0;
  for (const LinacDay& day : days) {
    raw += day.raw_bytes;
  }
  const auto frames =
      static_cast<double>(state.iterations()) * static_cast<double>(linacs * rounds * batch_frames);
  state.counters["frames/s"] = benchmark::Counter(frames, benchmark::Counter::kIsRate);
  state.counters["raw:disk"] = static_cast<double>(raw) / static_cast<double>(bytes_in(folder));
  state.counters["bytes/linac"] =
      static_cast<double>(heap_after > heap_before ? heap_after - heap_before : 0) /
      static_cast<double>(linacs);
  std::filesystem::remove_all(folder);
}

BENCHMARK(store_ingest)
    ->ArgNames({"linacs", "batch", "rounds"})
    ->Args({1, 576, 35})  // a backlog
    ->Args({10, 256, 8})  // ten backlogs at once
    ->Args({10, 20, 100})
    ->Args({1000, 4, 5})  // a second of a thousand Linacs, five times
    ->Args({1000, 20, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3)
    ->Repetitions(3)
    ->ReportAggregatesOnly(true);

}  // namespace
}  // namespace icom

BENCHMARK_MAIN();
