// Each operation on the disk fails in turn, and the power goes after each: what the writer promised
// is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "agent/spool/segment_content.hpp"
#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

using os::FaultingFileSystem;

constexpr SpoolLimits kFaultSegments{.max_bytes = 1 << 20, .segment_bytes = 200};

/// What a writer said while it wrote ten frames, one by one or all at once, syncing after every
/// third.
struct Session {
  bool began = false;
  std::vector<OwnedEntry> in_spool;  ///< append() said so
  std::vector<OwnedEntry> synced;    ///< and sync() returned afterwards
};

Session write_one_by_one(os::FileSystem& files) {
  Session session;
  try {
    SpoolWriter writer(files, kSpool, kFaultSegments);
    session.began = true;
    for (std::uint64_t number = 1; number <= 10; ++number) {
      // The number in the text, not the sequence number, tells which frame it is: a frame that
      // failed has none.
      const auto sent = frame(writer.run(), number);
      if (!writer.append(sent.entry())) session.in_spool.push_back(sent);
      if (number % 3 == 0 && !writer.sync()) session.synced = session.in_spool;
    }
  } catch (const std::system_error&) {
    EXPECT_FALSE(session.began);
  }
  return session;
}

Session write_at_once(os::FileSystem& files) {
  Session session;
  try {
    SpoolWriter writer(files, kSpool, kFaultSegments);
    session.began = true;
    std::vector<OwnedEntry> frames;
    for (std::uint64_t number = 1; number <= 10; ++number) {
      frames.push_back(frame(writer.run(), number));
    }
    std::vector<Entry> entries;
    for (const auto& one : frames) entries.push_back(one.entry());
    std::size_t appended = 0;
    const auto error = writer.append(entries, appended);
    EXPECT_EQ(static_cast<bool>(error), appended < entries.size());
    session.in_spool.assign(frames.begin(), frames.begin() + static_cast<long>(appended));
    if (!writer.sync()) session.synced = session.in_spool;
  } catch (const std::system_error&) {
    EXPECT_FALSE(session.began);
  }
  return session;
}

std::vector<std::string> texts(const std::vector<OwnedEntry>& entries) {
  std::vector<std::string> all;
  for (const auto& entry : entries) {
    if (entry.kind == EntryKind::frame) all.push_back(entry.bytes);
  }
  return all;
}

class FaultySpool : public ::testing::TestWithParam<std::function<Session(os::FileSystem&)>> {
 protected:
  static std::uint64_t operations() {
    FaultingFileSystem files;
    files.set_fault(std::nullopt);
    const auto session = GetParam()(files);
    EXPECT_EQ(session.in_spool.size(), 10U);
    return files.operations();
  }
};

/// Another run, as after a restart.
void restart(FaultingFileSystem& files) {
  SpoolWriter writer(files, kSpool, kFaultSegments);
  EXPECT_FALSE(writer.append(frame(0, 11).entry()));
}

TEST_P(FaultySpool, WhateverFailsOnceWhatAppendAcceptedIsReadExactlyOnce) {
  const auto all = operations();
  for (std::uint64_t nth = 1; nth <= all; ++nth) {
    for (const std::size_t written : {0, 1, 47, 48, 60, 68, 69, 200}) {
      for (const int error : {EIO, EINTR, ENOSPC}) {
        SCOPED_TRACE(std::to_string(nth) + ", " + std::to_string(written) + ", error " +
                     std::to_string(error));
        FaultingFileSystem files;
        files.set_fault(
            FaultingFileSystem::Fault{.operation = nth, .error = error, .bytes_written = written});
        const auto session = GetParam()(files);
        files.set_fault(std::nullopt);
        const auto read = read_all(files);
        if (error != ENOSPC) {
          EXPECT_EQ(texts(read), texts(session.in_spool));
          if (session.began) {
            EXPECT_EQ(session.in_spool.size(), 10U) << "the writer finds another way";
          }
        } else {
          // On a full disk the oldest may be given up for the newest.
          std::uint64_t told = 0;
          for (const auto& hole : holes_of(read)) told += decode_hole(as_bytes(hole.bytes)).frames;
          EXPECT_EQ(texts(read).size() + told, session.in_spool.size());
        }
        restart(files);
        EXPECT_EQ(read_all(files).back().bytes, frame(0, 11).bytes);
      }
    }
  }
}

TEST_P(FaultySpool, WhateverFailsForEverWhatAppendAcceptedIsReadExactlyOnce) {
  const auto all = operations();
  for (std::uint64_t nth = 1; nth <= all; ++nth) {
    for (const std::size_t written : {0, 60, 69}) {
      SCOPED_TRACE(std::to_string(nth) + ", " + std::to_string(written));
      FaultingFileSystem files;
      files.set_fault(FaultingFileSystem::Fault{.operation = nth,
                                                .error = EIO,
                                                .bytes_written = written,
                                                .times = FaultingFileSystem::kForEver});
      const auto session = GetParam()(files);
      files.set_fault(std::nullopt);
      if (session.began) {
        EXPECT_EQ(texts(read_all(files)), texts(session.in_spool));
      }
      restart(files);
      auto read = read_all(files);
      EXPECT_EQ(read.back().bytes, frame(0, 11).bytes);
      read.pop_back();
      EXPECT_EQ(texts(read), texts(session.in_spool));
    }
  }
}

/// Calls `check` for each way in which a power cut may leave what was not synced.
void for_every_power_cut(const std::function<void(os::Survival, bool names_survive)>& check) {
  for (const auto survival : os::kEverySurvival) {
    for (const bool names_survive : {false, true}) {
      SCOPED_TRACE(std::string("survives: ") + os::name_of(survival) +
                   (names_survive ? " and names" : ""));
      check(survival, names_survive);
    }
  }
}

TEST_P(FaultySpool, WheneverThePowerGoesWhatWasSyncedIsThereAndNothingIsReadThatWasNotWritten) {
  const auto all = operations();
  for (std::uint64_t nth = 1; nth <= all + 1; ++nth) {
    SCOPED_TRACE(nth);
    for_every_power_cut([&](os::Survival survival, bool names_survive) {
      FaultingFileSystem files;
      files.set_fault(FaultingFileSystem::Fault{
          .operation = nth, .bytes_written = 30, .times = FaultingFileSystem::kForEver});
      const auto session = GetParam()(files);
      files.cut_power(survival, names_survive);
      files.set_fault(std::nullopt);
      restart(files);
      auto read = texts(read_all(files));
      ASSERT_EQ(read.back(), frame(0, 11).bytes);
      read.pop_back();
      // All that was synced; of what was only written a part, in its order.
      ASSERT_GE(read.size(), session.synced.size());
      const auto written = texts(session.in_spool);
      std::size_t next = 0;
      for (std::size_t i = 0; i < read.size(); ++i) {
        while (next < written.size() && written[next] != read[i]) ++next;
        ASSERT_LT(next++, written.size()) << "read, not written: " << read[i];
        if (i < session.synced.size()) {
          ASSERT_EQ(read[i], session.synced[i].bytes);
        }
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Writes, FaultySpool, ::testing::Values(write_one_by_one, write_at_once),
                         [](const auto& which) {
                           return which.index == 0 ? "OneByOne" : "AtOnce";
                         });

// The one place where what was synced is written anew.
TEST(FaultySpoolBound, WheneverThePowerGoesWhileSegmentsAreThinnedOutNoPatientsFrameIsLost) {
  constexpr SpoolLimits kAlmost{.max_bytes = 9'800, .segment_bytes = 1'000};
  constexpr std::uint64_t kFrames = 64;
  // In a rush, so that segments hold both kinds.
  const auto number_of = [](std::uint64_t number) {
    auto one = frame(0, number, number % 6 == 0, 100);
    one.received_us = 1'700'000'000'000'000;
    return one;
  };
  std::uint64_t nth = 1;
  for (bool cut = true; cut; ++nth) {
    SCOPED_TRACE(nth);
    for_every_power_cut([&](os::Survival survival, bool names_survive) {
      FaultingFileSystem files;
      SpoolWriter writer(files, kSpool, kAlmost);
      for (std::uint64_t number = 1; number <= kFrames; ++number) {
        ASSERT_FALSE(writer.append(number_of(number).entry()));
      }
      ASSERT_FALSE(writer.sync());
      const auto segments = segments_of(files);
      ASSERT_TRUE(std::any_of(segments.begin(), segments.end(), [&](const auto& segment) {
        SegmentContent content;
        return !read_content(files, segment, content) && content.kinds().with_patient &&
               content.kinds().without_patient;
      })) << "there is nothing to thin out";
      files.set_fault(FaultingFileSystem::Fault{
          .operation = nth, .bytes_written = 30, .times = FaultingFileSystem::kForEver});
      for (std::uint64_t more = 1; more <= 10; ++more) {
        writer.append(number_of(kFrames + more).entry());
      }
      writer.sync();
      cut = files.operations() >= nth;
      files.cut_power(survival, names_survive);
      files.set_fault(std::nullopt);
      const auto read = texts(read_all(files));
      for (std::uint64_t number = 6; number <= kFrames; number += 6) {
        EXPECT_EQ(std::count(read.begin(), read.end(), number_of(number).bytes), 1) << number;
      }
    });
  }
  EXPECT_GT(nth, 30U) << "segments were thinned out";
}

TEST(FaultySpoolReader, WhicheverOperationFailsOnceAllIsReadInTheEnd) {
  const auto written = [](FaultingFileSystem& files) {
    return texts(write_one_by_one(files).in_spool);
  };
  FaultingFileSystem intact;
  const auto expected = written(intact);
  intact.set_fault(std::nullopt);
  read_all(intact);
  const auto all = intact.operations();
  for (std::uint64_t nth = 1; nth <= all; ++nth) {
    SCOPED_TRACE(nth);
    FaultingFileSystem files;
    written(files);
    files.set_fault(FaultingFileSystem::Fault{.operation = nth, .error = EIO});
    SpoolReader reader(files, kSpool);
    auto read = read_all(reader);
    for (const auto& more : read_all(reader)) read.push_back(more);
    EXPECT_EQ(texts(read), expected);
    EXPECT_TRUE(holes_of(read).empty());
  }
}

}  // namespace
}  // namespace icom::spool
