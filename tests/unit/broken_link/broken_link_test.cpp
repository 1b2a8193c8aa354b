// The agent's forwarder and the gateway's ingest and store, with a connection between them that
// breaks at every byte of a session, in both directions: each entry is stored once, in order, and
// leaves the spool only when it is.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <string>
#include <vector>

#include "agent/spool/spool_reader.hpp"
#include "agent/spool/spool_writer.hpp"
#include "tests/unit/broken_link/proxied_forwarder.hpp"
#include "tests/unit/store/faulting_vfs.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom {
namespace {

using test::Direction;

const std::filesystem::path kSpool = "/spool/4299";
constexpr std::uint64_t kFrames = 5;

/// Short, so that a session has few bytes.
ByteVector short_frame(std::uint64_t number) {
  test::FrameSpec spec;
  spec.counter = static_cast<std::uint8_t>(number);
  spec.items = {{0x300A, 0x011E, "DS", 'R', std::to_string(number)}};
  return test::build_frame(spec);
}

class BrokenLink : public testing::TestWithParam<Direction> {
 protected:
  BrokenLink() { spdlog::set_level(spdlog::level::off); }  // each break is logged, as it should be

  /// One session that is cut, and what it takes to send everything all the same. False if it ended
  /// before so many bytes.
  bool everything_arrives(std::uint64_t bytes) {
    const std::string serial = std::to_string(bytes);
    test::OneLinacGateway gateway(store_, serial);
    os::FaultingFileSystem files;
    // A segment for each frame, so that each leaves the spool by itself.
    spool::SpoolWriter listener(files, kSpool, {.segment_bytes = 64});
    test::ProxiedForwarder::Options options;
    options.before_connecting = [&] {
      expect_spooled_or_stored(files, gateway.linac(), listener.run());
    };
    test::ProxiedForwarder forwarder(files, serial, kSpool, gateway.port(), {GetParam(), bytes},
                                     options);
    std::vector<ByteVector> written;
    for (const std::uint64_t upto : {std::uint64_t{2}, std::uint64_t{3}, kFrames}) {
      while (written.size() < upto) {
        written.push_back(short_frame(written.size() + 1));
        EXPECT_FALSE(listener.append({.kind = EntryKind::frame, .bytes = written.back()}));
      }
      forwarder.wake();
      forwarder.run_until(
          [&] { return store_.stored_position(gateway.linac(), listener.run()).seq == upto; });
    }
    forwarder.finish();

    EXPECT_TRUE(test::same_frames(test::stored_frames(folder_.path(), gateway.linac()), written));
    const auto counts = store::StoreReader(folder_.path()).ledger(serial, {}).at(0).counts;
    EXPECT_EQ(counts.received, static_cast<std::int64_t>(kFrames)) << "none was taken twice";
    return forwarder.has_cut();
  }

  /// What the spool has lost since, the store has.
  void expect_spooled_or_stored(os::FaultingFileSystem& files, store::LinacId linac,
                                std::uint64_t run) {
    const std::uint64_t stored = store_.stored_position(linac, run).seq;
    spool::SpoolReader reader(files, kSpool);
    const auto oldest = reader.next();
    if (oldest && oldest->kind != EntryKind::hole) {
      EXPECT_LE(oldest->seq, stored + 1);
    } else if (oldest) {
      EXPECT_LE(oldest->seq, stored) << "what is missing in the spool";
    }
  }

  test::TemporaryFolder folder_;
  test::FaultingVfs vfs_;  // many commits: not on the machine's disk
  store::Store store_{folder_.path(), {}, nullptr};
};

TEST_P(BrokenLink, AtWhicheverByteItBreaksEachEntryIsStoredOnceAndLeavesTheSpoolOnlyThen) {
  std::uint64_t bytes = 0;
  for (; !HasFailure(); ++bytes) {
    SCOPED_TRACE(bytes);
    if (!everything_arrives(bytes)) break;
  }
  RecordProperty("bytes", std::to_string(bytes));
  EXPECT_GT(bytes, 200U);
}

INSTANTIATE_TEST_SUITE_P(Directions, BrokenLink,
                         testing::Values(Direction::to_gateway, Direction::to_agent),
                         [](const auto& one) {
                           return one.param == Direction::to_gateway ? "ToGateway" : "ToAgent";
                         });

}  // namespace
}  // namespace icom
