// What each step costs per frame: framing, item walk, identity, facts, delta coding; and what the
// coding saves.
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "common/icom/delta_codec.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/framer.hpp"
#include "common/icom/item.hpp"
#include "common/icom/values.hpp"
#include "tests/data/sample.hpp"

namespace icom {
namespace {

constexpr int kZstdLevel = 3;
constexpr std::size_t kChunk = 256;  // frames, as the store's chunks

const ByteVector& stream() {
  static const ByteVector bytes = test::load_sample();
  return bytes;
}

const std::vector<Bytes>& frames() {
  static const auto all = test::split_by_length(stream());
  return all;
}

std::vector<ByteVector> codes() {
  std::vector<ByteVector> all;
  DeltaEncoder encoder;
  for (const Bytes frame : frames()) {
    encoder.encode(frame, all.emplace_back());
  }
  return all;
}

void count_frames(benchmark::State& state, std::size_t frames_per_iteration) {
  const auto total =
      static_cast<double>(state.iterations()) * static_cast<double>(frames_per_iteration);
  state.counters["per_frame"] =
      benchmark::Counter(total, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["frames/s"] = benchmark::Counter(total, benchmark::Counter::kIsRate);
}

// The argument: bytes that arrive at once. 1448 is what a packet holds.
void framing(benchmark::State& state) {
  const auto step = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Framer framer;
    for (std::size_t at = 0; at < stream().size(); at += step) {
      const std::size_t size = std::min(step, stream().size() - at);
      const auto room = framer.writable(64 * 1024);
      std::copy_n(stream().begin() + static_cast<std::ptrdiff_t>(at), size, room.begin());
      framer.commit(size);
      while (const auto piece = framer.next()) {
        benchmark::DoNotOptimize(piece->bytes.data());
      }
    }
  }
  count_frames(state, frames().size());
}
BENCHMARK(framing)->Arg(1448)->Arg(8192)->Arg(64 * 1024);

template <typename Step>
void each_frame(benchmark::State& state, Step step) {
  for (auto _ : state) {
    for (const Bytes frame : frames()) {
      benchmark::DoNotOptimize(step(frame));
    }
  }
  count_frames(state, frames().size());
}

void items(benchmark::State& state) {
  each_frame(state, [](Bytes frame) { return items_end_exactly(frame); });
}
BENCHMARK(items);

void identity(benchmark::State& state) {
  each_frame(state, [](Bytes frame) { return identify(frame); });
}
BENCHMARK(identity);

void facts(benchmark::State& state) {
  each_frame(state, [](Bytes frame) { return facts_of(frame); });
}
BENCHMARK(facts);

void patient_search(benchmark::State& state) {
  each_frame(state, [](Bytes frame) { return seems_to_have_patient(frame); });
}
BENCHMARK(patient_search);

void delta_encode(benchmark::State& state) {
  DeltaEncoder encoder;
  ByteVector code;
  each_frame(state, [&](Bytes frame) {
    code.clear();
    encoder.encode(frame, code);
    return code.size();
  });
}
BENCHMARK(delta_encode);

void delta_decode(benchmark::State& state) {
  const auto all = codes();
  DeltaDecoder decoder;
  ByteVector frame;
  for (auto _ : state) {
    for (const ByteVector& code : all) {
      frame.clear();
      if (!decoder.decode(code, frame)) {
        state.SkipWithError("a code could not be decoded");
        return;
      }
      benchmark::DoNotOptimize(frame.data());
    }
  }
  count_frames(state, all.size());
}
BENCHMARK(delta_decode);

double ratio_to_stream(std::size_t compressed) {
  return static_cast<double>(stream().size()) / static_cast<double>(compressed);
}

// As the store keeps frames: chunks, each with a key frame first and compressed as one.
void compress_chunks(benchmark::State& state) {
  std::size_t compressed = 0;
  for (auto _ : state) {
    compressed = 0;
    for (std::size_t first = 0; first < frames().size(); first += kChunk) {
      DeltaEncoder encoder;
      ByteVector chunk;
      for (std::size_t i = first; i < std::min(first + kChunk, frames().size()); ++i) {
        encoder.encode(frames()[i], chunk);
      }
      ByteVector out(ZSTD_compressBound(chunk.size()));
      compressed += ZSTD_compress(out.data(), out.size(), chunk.data(), chunk.size(), kZstdLevel);
    }
  }
  count_frames(state, frames().size());
  state.counters["ratio"] = ratio_to_stream(compressed);
}
BENCHMARK(compress_chunks);

// As the link sends them at 4 Hz: one stream for the whole connection, flushed after each frame.
void compress_frame_by_frame(benchmark::State& state) {
  const auto all = codes();
  std::size_t compressed = 0;
  for (auto _ : state) {
    compressed = 0;
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                       ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ByteVector out(1U << 20U);
    for (const ByteVector& code : all) {
      ZSTD_inBuffer in{code.data(), code.size(), 0};
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      ZSTD_compressStream2(context.get(), &to, &in, ZSTD_e_flush);
      compressed += to.pos;
    }
  }
  count_frames(state, all.size());
  state.counters["ratio"] = ratio_to_stream(compressed);
  state.counters["bytes/frame"] = static_cast<double>(compressed) / static_cast<double>(all.size());
}
BENCHMARK(compress_frame_by_frame);

}  // namespace
}  // namespace icom

BENCHMARK_MAIN();
