// A site's machine that is set back to a snapshot with its memory: its listener goes on with
// numbers that the gateway has of other entries. Agent's forwarder, gateway's ingest and store,
// together.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "agent/spool/entry_header.hpp"
#include "agent/spool/segment_files.hpp"
#include "tests/unit/broken_link/proxied_forwarder.hpp"
#include "tests/unit/store/faulting_vfs.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom {
namespace {

using std::chrono::milliseconds;
using test::CuttingProxy;
using test::Direction;
using test::OneLinacGateway;
using test::ProxiedForwarder;

const std::filesystem::path kSetBackSpool = "/spool/4299";
constexpr std::uint64_t kEntriesOfSegment = 3;

/// A machine with a listener and its spool: what a snapshot with memory holds is a copy of this.
struct Machine {
  std::map<std::filesystem::path, ByteVector> files;
  std::uint64_t run = 1;
  std::uint64_t seq = 0;
  std::uint64_t segment = 0;
  std::vector<ByteVector> written;  ///< the frames of this line of time

  void start_listener(std::uint64_t new_run) {
    run = new_run;
    seq = 0;
  }
  void append(const ByteVector& frame) {
    if (seq % kEntriesOfSegment == 0) {
      ++segment;
      icom::append(files[path()], spool::encode_segment_header({run, segment, seq + 1}));
    }
    ++seq;
    ByteVector& file = files[path()];
    const auto now = static_cast<std::int64_t>(written.size());
    icom::append(file, spool::encode_entry_header(
                           {.run = run, .seq = seq, .received_us = now, .bytes = frame}));
    icom::append(file, frame);
    written.push_back(frame);
  }
  [[nodiscard]] std::filesystem::path path() const {
    return spool::segment_path(kSetBackSpool, segment);
  }
};

class SetBack : public testing::Test {
 protected:
  SetBack() { spdlog::set_level(spdlog::level::off); }  // each break is logged, as it should be

  /// The Linac sends one more.
  void receive(int frames) {
    for (int i = 0; i < frames; ++i) machine_.append(test::message(next_frame_++));
  }

  /// A forwarder that has been started, or resumed with a session that is dead: until all is sent,
  /// or until its connection is cut after so many bytes.
  void forward(CuttingProxy::Cut cut) {
    os::FaultingFileSystem files;
    for (const auto& [path, bytes] : machine_.files) files.put(path, bytes);
    ProxiedForwarder forwarder(files, "4299", kSetBackSpool, gateway_.port(), cut,
                               {.drain = milliseconds(0)});
    forwarder.run_until([&] { return forwarder.has_cut() || forwarder.all_is_acknowledged(); });
    forwarder.finish();
    // What the forwarder removed is removed; nobody else changed anything.
    const auto left = files.all_files();
    std::erase_if(machine_.files, [&](const auto& file) {
      return std::ranges::find(left, file.first) == left.end();
    });
  }
  void forward_all() { forward({Direction::to_agent, 1U << 30U}); }

  [[nodiscard]] std::vector<ByteVector> stored() const {
    return test::stored_frames(folder_.path(), gateway_.linac());
  }
  /// Each frame that the machine has written in the life that it remembers is stored once.
  void expect_all_stored_once() {
    std::map<ByteVector, int> times;
    for (const ByteVector& frame : stored()) ++times[frame];
    for (const auto& [frame, count] : times) EXPECT_EQ(count, 1);
    for (const ByteVector& frame : machine_.written) {
      ASSERT_EQ(times[frame], 1) << int{identify(frame).value().counter};
    }
  }

  test::TemporaryFolder folder_;
  test::FaultingVfs vfs_;  // many commits: not on the machine's disk
  store::Store store_{folder_.path(), {}, nullptr};
  OneLinacGateway gateway_{store_, "4299"};
  Machine machine_;
  unsigned next_frame_ = 0;
};

TEST_F(SetBack, NewFramesAtPositionsThatTheGatewayHasAreStored) {
  receive(10);
  forward_all();
  const Machine snapshot = machine_;
  receive(20);
  forward_all();
  machine_ = snapshot;
  receive(10);
  forward_all();
  expect_all_stored_once();
  EXPECT_EQ(stored().size(), 40U);
  receive(30);  // beyond what is stored of the run
  forward_all();
  expect_all_stored_once();
  EXPECT_EQ(stored().size(), 70U);
}

TEST_F(SetBack, ARunThatGrewBeyondWhatIsStoredIsToldByWhatStandsThere) {
  receive(10);
  forward_all();
  const Machine snapshot = machine_;
  receive(5);
  forward_all();
  machine_ = snapshot;
  receive(40);
  forward_all();
  expect_all_stored_once();
  EXPECT_EQ(stored().size(), 55U);
}

TEST_F(SetBack, AgainToTheSameSnapshot) {
  receive(10);
  forward_all();
  const Machine snapshot = machine_;
  for (int time = 0; time < 4; ++time) {
    receive(7 + time);
    forward_all();
    expect_all_stored_once();
    machine_ = snapshot;
  }
  EXPECT_EQ(stored().size(), 10U + 7 + 8 + 9 + 10);
}

TEST_F(SetBack, TheSpoolIsTrimmedAllTheSame) {
  receive(9);
  forward_all();
  const Machine snapshot = machine_;
  receive(20);
  forward_all();
  machine_ = snapshot;
  receive(30);
  forward_all();
  EXPECT_LE(machine_.files.size(), 1U);
  receive(3);
  forward_all();
  EXPECT_LE(machine_.files.size(), 1U);
  expect_all_stored_once();
}

TEST_F(SetBack, WhatIsConfirmedIsNotSentAgain) {
  receive(20);
  forward_all();
  receive(1);
  forward_all();
  const auto counts = store::StoreReader(folder_.path()).ledger("4299", {}).at(0).counts;
  EXPECT_EQ(counts.received, 21);
  EXPECT_EQ(counts.duplicates, 0);
}

/// Snapshots at any moment, any of them restored, connections cut anywhere, listeners that start
/// anew: what the machine remembers is stored once in the end.
TEST_F(SetBack, ToAnySnapshotAtAnyMomentEachFrameIsStoredOnce) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  std::vector<Machine> snapshots{machine_};
  for (int step = 0; step < 150 && !HasFailure(); ++step) {
    switch (below(8)) {
      case 0:
        snapshots.push_back(machine_);
        break;
      case 1:
        machine_ = snapshots[below(snapshots.size())];
        break;
      case 2:
        machine_.start_listener(random() | 1U);
        break;
      case 3:
        forward_all();
        expect_all_stored_once();
        break;
      case 4:
        forward({below(2) == 0 ? Direction::to_gateway : Direction::to_agent, below(3000)});
        break;
      default:
        receive(1 + static_cast<int>(below(6)));
        break;
    }
  }
  forward_all();
  expect_all_stored_once();
}

}  // namespace
}  // namespace icom
