// What the link costs: bytes of each frame of the sample on the wire, alone and in
// batches, and the time of either end.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"
#include "gateway/ingest/batch_sorting.hpp"
#include "tests/data/sample.hpp"

namespace icom::link {
namespace {

const ByteVector& stream() {
  static const ByteVector bytes = test::load_sample();
  return bytes;
}

/// The sample as entries of one run, 4 a second.
std::vector<LinkEntry> sample_entries() {
  std::vector<LinkEntry> entries;
  for (const Bytes frame : test::split_by_length(stream())) {
    LinkEntry& entry = entries.emplace_back();
    entry.linac = 1;
    entry.run = 0x1234'5678'9ABC'DEF0;
    entry.seq = entries.size();
    // A listener's clock is not a metronome: a few microseconds more or less each time.
    entry.received_us = 1'772'438'400'000'000 + static_cast<std::int64_t>(entry.seq) * 250'000 +
                        static_cast<std::int64_t>(entry.seq * 7919 % 1000);
    entry.bytes = frame;
  }
  return entries;
}

/// The messages that an agent sends for `entries`, `per_batch` in each.
std::vector<std::string> messages_of(const std::vector<LinkEntry>& entries, std::size_t per_batch) {
  BatchEncoder encoder;
  std::vector<std::string> messages;
  for (const LinkEntry& entry : entries) {
    encoder.add(entry);
    if (encoder.entries() < per_batch && encoder.raw_bytes() < kBatchBytes &&
        &entry != &entries.back()) {
      continue;
    }
    ToGateway message;
    message.mutable_frames()->set_compressed(encoder.finish());
    messages.push_back(message.SerializeAsString());
  }
  return messages;
}

/// With the header of a masked WebSocket frame (RFC 6455).
std::size_t websocket_bytes(std::size_t payload) {
  return payload + 4 + (payload < 126 ? 2 : payload < 65'536 ? 4 : 10);
}

/// As SSH channel data (RFC 4253, 4254) with a cipher of 16-byte blocks and hmac-sha2-256.
std::size_t ssh_bytes(std::size_t payload) {
  const std::size_t data = 1 + 4 + 4 + payload;  // message number, channel, length
  const std::size_t packet = 4 + 1 + data;       // packet length, padding length
  return (packet + 4 + 15) / 16 * 16 + 32;       // at least 4 bytes of padding; MAC
}

/// The gateway's answer to one message of one Linac, on the wire.
std::size_t ack_bytes() {
  ToAgent message;
  LinacPosition& position = *message.mutable_ack()->add_positions();
  position.set_linac(1);
  position.set_run(0x1234'5678'9ABC'DEF0);
  position.set_seq(345'600);
  return ssh_bytes(message.ByteSizeLong() + 2);
}

void wire(benchmark::State& state) {
  const std::vector<LinkEntry> entries = sample_entries();
  std::vector<std::string> messages;
  for (auto _ : state) messages = messages_of(entries, static_cast<std::size_t>(state.range(0)));

  std::size_t raw = 0;
  for (const LinkEntry& entry : entries) raw += entry.bytes.size();
  std::size_t link = 0;
  std::size_t up = 0;
  for (const std::string& message : messages) {
    link += message.size();
    up += ssh_bytes(websocket_bytes(message.size()));
  }
  const std::size_t both_ways = up + messages.size() * ack_bytes();
  const auto frames = static_cast<double>(entries.size());
  state.counters["link_bytes_per_frame"] = static_cast<double>(link) / frames;
  state.counters["link_ratio"] = static_cast<double>(raw) / static_cast<double>(link);
  state.counters["ssh_bytes_per_frame"] = static_cast<double>(up) / frames;
  state.counters["ssh_ratio"] = static_cast<double>(raw) / static_cast<double>(up);
  state.counters["ssh_ratio_with_acks"] = static_cast<double>(raw) / static_cast<double>(both_ways);
  state.counters["frames/s"] =
      benchmark::Counter(frames, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(wire)->Name("agent/encode")->ArgName("frames_per_batch")->Arg(1)->Arg(4)->Arg(128);

/// What the gateway does with a message before the store has it: decode, check, identity and facts
/// of each frame.
void gateway_end(benchmark::State& state) {
  const std::vector<LinkEntry> entries = sample_entries();
  const auto messages = messages_of(entries, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    BatchDecoder decoder;
    ingest::AcceptedLinacs linacs{{1, {"4299", 1}}};
    for (const std::string& bytes : messages) {
      ToGateway message;
      message.ParseFromString(bytes);
      std::string error;
      auto batch = decoder.decode(message.frames().compressed(), error);
      if (!batch) {
        state.SkipWithError(error.c_str());
        return;
      }
      benchmark::DoNotOptimize(ingest::sort_batch(*std::move(batch), linacs));
    }
  }
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(entries.size()),
                                                  benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(gateway_end)
    ->Name("gateway/decode_and_sort")
    ->ArgName("frames_per_batch")
    ->Arg(1)
    ->Arg(4)
    ->Arg(128);

/// Resident bytes of this process.
double resident() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// What the decoding state of a connection with one Linac holds once it has been used: nearly all
/// that a session holds.
void memory(benchmark::State& state) {
  const auto messages = messages_of(sample_entries(), 1);
  constexpr std::size_t kConnections = 200;
  for (auto _ : state) {
    const double before = resident();
    std::vector<BatchDecoder> decoders(kConnections);
    for (const std::string& bytes : messages) {
      ToGateway message;
      message.ParseFromString(bytes);
      std::string error;
      for (BatchDecoder& decoder : decoders) {
        benchmark::DoNotOptimize(decoder.decode(message.frames().compressed(), error));
      }
    }
    state.counters["resident_bytes_per_connection"] = (resident() - before) / kConnections;
  }
}
BENCHMARK(memory)->Name("gateway/memory")->Iterations(1);

}  // namespace
}  // namespace icom::link

BENCHMARK_MAIN();
