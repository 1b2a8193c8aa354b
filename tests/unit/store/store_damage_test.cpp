// A small store whose files are cut at every length, and each byte of which is flipped: never a
// crash, never a changed frame, and none that is missing or another Linac's without a word.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>

#include "tests/unit/store/store_dump.hpp"
#include "tests/unit/store/store_scenario.hpp"

namespace icom::store {
namespace {

using test::dump_store;
using test::messages;
using test::operator+;

/// Of bytes and lengths, every so-manieth is tried; every one if the environment asks for it.
std::size_t stride(std::size_t usual) {
  return std::getenv("ICOM_EXHAUSTIVE") != nullptr ? 1 : usual;
}

/// What reading a Linac gave.
struct Reading {
  std::vector<ByteVector> frames;
  bool failed = false;  ///< and said so
};

class StoreDamage : public test::ScenarioFixture {
 protected:
  /// Two Linacs, each with two chunks and a tail: an hour lies between the frames of one and the
  /// next.
  void SetUp() override {
    const auto store = open();
    for (const unsigned n : {0U, 100U}) {
      const LinacId linac = store->linac("nbcc", n == 0 ? "4299" : "9183");
      linacs_.push_back(linac);
      truth_[linac] = messages(n, n + 2, kPatient) + messages(n + 2, n + 4, kPatient, 2 * 3600) +
                      messages(n + 4, n + 6, {}, 4 * 3600);
      ASSERT_TRUE(test::commit(*store, test::Feed(linac, 7).frames(truth_[linac]).batch()));
      known_.insert(truth_[linac].begin(), truth_[linac].end());
    }
  }

  Reading read(LinacId linac) const {
    Reading reading;
    try {
      StoreReader(folder()).all_frames(linac, [&](const FrameKey&, Bytes frame) {
        reading.frames.emplace_back(frame.begin(), frame.end());
        return true;
      });
    } catch (const std::runtime_error&) {
      reading.failed = true;
    }
    return reading;
  }

  /// Reads everything that a person can ask for. What comes is right and complete, or an error
  /// follows. How many of the two Linacs were complete.
  int read_all() {
    try {
      StoreReader reader(folder());
      for (const auto& row : reader.records({.with_undelivered = true})) {
        reader.beams(row.stored.id);
        reader.interlocks(row.stored.id);
      }
      reader.ledger({}, {});
      for (const LinacId linac : linacs_) reader.gaps(linac);
    } catch (const std::runtime_error&) {  // said
    }
    int complete = 0;
    for (const LinacId linac : linacs_) {
      const Reading reading = read(linac);
      for (const ByteVector& frame : reading.frames) EXPECT_TRUE(known_.contains(frame));
      if (reading.failed) continue;
      EXPECT_TRUE(test::same_frames(reading.frames, truth_[linac])) << "and not a word";
      ++complete;
    }
    return complete;
  }

  /// A Linac's first chunk: where in the file its data is.
  std::pair<std::size_t, std::size_t> first_chunk_of(LinacId linac) {
    Database file(database(), Database::Access::read_only);
    Query query(file, "SELECT data FROM chunk WHERE linac = ? ORDER BY id");
    query.bind(linac);
    EXPECT_TRUE(query.step());
    const std::string all(as_text(vfs_.content(database())));
    return {all.find(as_text(query.blob(0))), query.blob(0).size()};
  }

  void flip(ByteVector bytes, std::size_t at, std::byte mask) {
    bytes[at] ^= mask;
    vfs_.put(database(), std::move(bytes));
  }

  static constexpr auto kMasks = [](std::size_t at) {
    return std::array{std::byte{0xFF}, std::byte{1} << (at % 8)};
  };
  const test::Patient kPatient;
  std::vector<LinacId> linacs_;
  std::map<LinacId, std::vector<ByteVector>> truth_;
  std::set<ByteVector> known_;  ///< of both
};

TEST_F(StoreDamage, WhicheverByteIsFlippedNoFrameIsChangedAndNoneIsMissingOrAnothersWithoutAWord) {
  const ByteVector intact = vfs_.content(database());
  std::map<int, int> complete;
  for (std::size_t at = 0; at < intact.size(); at += stride(31)) {
    for (const auto mask : kMasks(at)) {
      SCOPED_TRACE("byte " + std::to_string(at) + " ^ " +
                   std::to_string(std::to_integer<int>(mask)));
      flip(intact, at, mask);
      ++complete[read_all()];
    }
  }
  RecordProperty("nothing_lost", complete[2]);
  RecordProperty("one_linac_said_damaged", complete[1]);
  RecordProperty("both_linacs_said_damaged", complete[0]);
  EXPECT_GT(complete[2], complete[1] + complete[0]);
}

TEST_F(StoreDamage, AFlippedByteInAChunkCostsNoOtherChunkAndNoOtherLinac) {
  const auto [begin, size] = first_chunk_of(linacs_[0]);
  const ByteVector intact = vfs_.content(database());
  ASSERT_LT(begin, intact.size());
  const auto& frames = truth_[linacs_[0]];
  const std::vector<ByteVector> behind(frames.begin() + 2, frames.end());
  for (std::size_t at = begin; at < begin + size; at += stride(3)) {
    SCOPED_TRACE(at);
    flip(intact, at, std::byte{1} << (at % 8));
    const Reading damaged = read(linacs_[0]);  // a bit or two are not used by the compression
    EXPECT_TRUE(damaged.failed || test::same_frames(damaged.frames, frames));
    EXPECT_TRUE(test::same_frames(read(linacs_[1]).frames, truth_[linacs_[1]]));
    std::vector<ByteVector> got;
    StoreReader(folder()).frames(linacs_[0], {1, identify(frames[2])->time, 0, 0},
                                 {1, identify(frames.back())->time + 1, 0, 0},
                                 [&](const FrameKey&, Bytes frame) {
                                   got.emplace_back(frame.begin(), frame.end());
                                   return true;
                                 });
    EXPECT_TRUE(test::same_frames(got, behind));
  }
}

TEST_F(StoreDamage, WhateverLengthTheFileHasNoFrameIsChangedAndNoneIsMissingWithoutAWord) {
  const ByteVector intact = vfs_.content(database());
  constexpr std::size_t kPage = 1024;
  std::set<std::size_t> lengths;
  for (std::size_t length = 0; length < intact.size(); length += stride(101))
    lengths.insert(length);
  for (std::size_t page = 0; page < intact.size(); page += kPage) {
    lengths.insert({page, page + 1, page + kPage - 1});
  }
  for (const std::size_t length : lengths) {
    SCOPED_TRACE(length);
    vfs_.put(database(), ByteVector(intact.begin(), intact.begin() + static_cast<long>(length)));
    read_all();
  }
}

// What is written to a damaged store can be in a wrong place: where the order ends is in a row
// that nothing guards.
TEST_F(StoreDamage, WhicheverByteIsFlippedEachBatchIsAnsweredAndNoFrameChanged) {
  const ByteVector intact = vfs_.content(database());
  const auto news = messages(106, 109, {}, 4 * 3600);
  known_.insert(news.begin(), news.end());
  for (std::size_t at = 0; at < intact.size(); at += stride(127)) {
    SCOPED_TRACE(at);
    flip(intact, at, std::byte{1} << (at % 8));
    vfs_.remove(wal());
    try {
      const auto store = open();
      const LinacId linac = store->linac("nbcc", "9183");
      test::commit(*store, test::Feed(linac, 7).from_seq(7).frames(news).batch());
    } catch (const std::runtime_error&) {  // said
    }
    for (const LinacId linac : linacs_) {
      for (const ByteVector& frame : read(linac).frames) EXPECT_TRUE(known_.contains(frame));
    }
  }
}

class WalDamage : public test::ScenarioFixture {
 protected:
  void SetUp() override {
    scenario_ = busy_hour();
    vfs_.load(scenario_.disk);
    const auto store = open();
    ASSERT_EQ(send(*store, scenario_, 0), scenario_.batches.size());
    disk_ = vfs_.save();
    intact_ = vfs_.content(wal());
  }

  /// How many batches a store with this WAL holds; whole ones.
  std::size_t batches_with(ByteVector changed) {
    vfs_.load(disk_);
    vfs_.put(wal(), std::move(changed));
    const auto store = open();
    linac_of(*store);
    const std::string dump = dump_store(database());
    const auto state = std::find(scenario_.states.begin(), scenario_.states.end(), dump);
    EXPECT_NE(state, scenario_.states.end()) << "half a batch";
    return static_cast<std::size_t>(state - scenario_.states.begin());
  }

  test::Scenario scenario_;
  test::FaultingVfs::Disk disk_;
  ByteVector intact_;
};

TEST_F(WalDamage, WhateverLengthTheLogHasTheBatchesInItAreThereWhole) {
  constexpr std::size_t kHeader = 32;
  constexpr std::size_t kFrame = 24 + 1024;  // of the WAL: a page behind its header
  std::set<std::size_t> lengths;
  for (std::size_t length = 0; length < intact_.size(); length += stride(997)) {
    lengths.insert(length);
  }
  for (std::size_t end = kHeader; end <= intact_.size(); end += kFrame) {
    lengths.insert({end - 1, end});
  }
  std::size_t batches = 0;
  for (const std::size_t length : lengths) {
    SCOPED_TRACE(length);
    const std::size_t more =
        batches_with(ByteVector(intact_.begin(), intact_.begin() + static_cast<long>(length)));
    EXPECT_GE(more, batches) << "a longer log holds as much at least";
    batches = more;
  }
  EXPECT_EQ(batches, scenario_.batches.size());
}

TEST_F(WalDamage, WhicheverByteOfTheLogIsFlippedTheBatchesBeforeItAreThereWhole) {
  std::size_t batches = 0;
  for (std::size_t at = 0; at < intact_.size(); at += stride(499)) {
    SCOPED_TRACE(at);
    ByteVector flipped = intact_;
    flipped[at] ^= std::byte{1} << (at % 8);
    const std::size_t before = batches_with(std::move(flipped));
    EXPECT_GE(before, batches);
    batches = before;
  }
}

}  // namespace
}  // namespace icom::store
