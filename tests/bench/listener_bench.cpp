// What a listener's work costs per frame of about 8 kB, from received bytes to the spool: framing,
// identity, search for a patient, append to real files; without syncs, and with a second thread
// that syncs each 100 ms as the listener's does. Files go to $ICOM_BENCH_FOLDER, or the system's
// folder for temporary files.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "agent/listen/listener_timings.hpp"
#include "agent/listen/sync_thread.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/framer.hpp"
#include "common/icom/values.hpp"
#include "common/os/utc_clock.hpp"
#include "tests/data/sample.hpp"

namespace icom {
namespace {

/// As much as one read of the listener gives.
constexpr std::size_t kRead = 32 * 1024;
/// The spool is begun anew after this much, outside the measured time.
constexpr std::uint64_t kSpoolBytes = 512ULL << 20U;

const ByteVector& stream() {
  static const ByteVector bytes = test::load_sample();
  return bytes;
}

class Folder {
 public:
  Folder() {
    const char* const wanted = std::getenv("ICOM_BENCH_FOLDER");
    const std::filesystem::path parent =
        wanted != nullptr ? wanted : std::filesystem::temp_directory_path().string();
    std::string name = (parent / "icom-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The spool of a listener, in a folder of its own.
struct Spool {
  explicit Spool(bool syncs) {
    if (syncs) sync = std::make_unique<listen::SyncThread>(writer, listen::ListenerTimings{}.sync);
  }
  Folder folder;
  spool::SpoolWriter writer{os::real_file_system(), folder.path() / "4299", {}};
  std::unique_ptr<listen::SyncThread> sync;
};

/// Hands the stream to the framer as reads would, and what comes out of each read to `keep`. The
/// number of frames.
template <typename Keep>
std::size_t read_stream(Framer& framer, std::vector<spool::Entry>& entries, Keep keep) {
  std::size_t frames = 0;
  Bytes rest(stream());
  while (!rest.empty()) {
    const auto count = std::min(kRead, rest.size());
    const auto room = framer.writable(kRead);
    std::copy_n(rest.begin(), count, room.begin());
    framer.commit(count);
    rest = rest.subspan(count);
    entries.clear();
    const auto now_us = os::utc_now_us();
    while (const auto piece = framer.next()) {
      const auto identity = identify(piece->bytes);
      benchmark::DoNotOptimize(identity);
      spool::Entry entry;
      entry.received_us = now_us;
      entry.has_patient = seems_to_have_patient(piece->bytes);
      entry.bytes = piece->bytes;
      entries.push_back(entry);
    }
    frames += entries.size();
    if (!entries.empty()) keep(entries);
  }
  return frames;
}

void report(benchmark::State& state, std::size_t frames) {
  state.SetItemsProcessed(static_cast<std::int64_t>(frames));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream().size()));
}

void FramingAndIdentity(benchmark::State& state) {
  Framer framer;
  std::vector<spool::Entry> entries;
  std::size_t frames = 0;
  for (auto _ : state) frames += read_stream(framer, entries, [](const auto&) {});
  report(state, frames);
}

void append_all(spool::SpoolWriter& writer, const std::vector<spool::Entry>& entries) {
  std::size_t appended = 0;
  if (const auto error = writer.append(entries, appended)) throw std::system_error(error);
}

void FramingIdentityAndSpool(benchmark::State& state, bool syncs) {
  Framer framer;
  std::vector<spool::Entry> entries;
  std::size_t frames = 0;
  auto spool = std::make_unique<Spool>(syncs);
  for (auto _ : state) {
    if (spool->writer.counts().bytes > kSpoolBytes) {
      state.PauseTiming();
      spool.reset();
      spool = std::make_unique<Spool>(syncs);
      state.ResumeTiming();
    }
    frames += read_stream(framer, entries, [&](const auto& read) {
      append_all(spool->writer, read);
      if (spool->sync) spool->sync->note_appended();
    });
  }
  report(state, frames);
}

BENCHMARK(FramingAndIdentity)->UseRealTime();
BENCHMARK_CAPTURE(FramingIdentityAndSpool, without_sync, false)->UseRealTime()->MinTime(3);
BENCHMARK_CAPTURE(FramingIdentityAndSpool, sync_each_100_ms, true)->UseRealTime()->MinTime(3);

}  // namespace
}  // namespace icom

BENCHMARK_MAIN();
