// What is given up where the spool may not grow, and that it is told.
#include "agent/spool/spool_bound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

constexpr std::size_t kBoundFrameSize = 100;
/// Some 60 frames of which each eighth is a segment.
constexpr SpoolLimits kTight{.max_bytes = 10'000, .segment_bytes = 1'000};

/// Segments hold two frames before they part by kind: where those with and without a patient
/// alternate, each holds both.
constexpr SpoolLimits kMixing{.max_bytes = 80'000, .segment_bytes = 9'600};

std::uint64_t bytes_on_disk(const os::FaultingFileSystem& files) {
  std::uint64_t sum = 0;
  for (const auto& segment : segments_of(files)) sum += files.content(segment).size();
  return sum;
}

class BoundedSpool : public ::testing::Test {
 protected:
  /// Writes `count` frames; `with_patient` says which have one.
  template <typename WithPatient>
  void write(SpoolWriter& writer, std::uint64_t count, WithPatient with_patient) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto number = ++sent_;
      const auto one = frame(0, number, with_patient(number), kBoundFrameSize);
      ASSERT_FALSE(writer.append(one.entry()));
      if (one.has_patient) patients_.insert(one.bytes);
    }
  }

  /// Frames in the spool and frames that hole entries tell of.
  struct Account {
    std::uint64_t frames = 0;
    std::uint64_t with_patient = 0;
    std::uint64_t told = 0;
    std::uint64_t told_with_patient = 0;
    std::set<std::string> reasons;
  };
  Account account() {
    Account sum;
    for (const auto& entry : read_all(files_)) {
      if (entry.kind == EntryKind::frame) {
        ++sum.frames;
        if (entry.has_patient) ++sum.with_patient;
      } else if (entry.kind == EntryKind::hole) {
        const auto hole = decode_hole(as_bytes(entry.bytes));
        sum.told += hole.frames;
        sum.told_with_patient += hole.frames_with_patient;
        if (hole.frames > 0) sum.reasons.insert(hole.reason);
      }
    }
    return sum;
  }

  os::FaultingFileSystem files_;
  std::uint64_t sent_ = 0;
  std::set<std::string> patients_;
};

TEST_F(BoundedSpool, IsNeverExceeded) {
  SpoolWriter writer(files_, kSpool, kTight);
  for (int i = 0; i < 500; ++i) {
    write(writer, 1, [](std::uint64_t number) { return number % 100 < 30; });
    EXPECT_LE(bytes_on_disk(files_), kTight.max_bytes);
    EXPECT_EQ(writer.counts().bytes, bytes_on_disk(files_));
  }
}

TEST_F(BoundedSpool, EveryFrameIsEitherThereOrToldByAHole) {
  SpoolWriter writer(files_, kSpool, kTight);
  write(writer, 500, [](std::uint64_t number) { return number % 100 < 30; });
  const auto found = account();
  EXPECT_EQ(found.frames + found.told, sent_);
  EXPECT_EQ(found.told, writer.counts().given_up_frames);
  EXPECT_EQ(found.reasons, std::set<std::string>{"bound"});
}

TEST_F(BoundedSpool, SegmentsWithoutAPatientGoBeforeOlderOnesWithOne) {
  SpoolWriter writer(files_, kSpool, kTight);
  write(writer, 20, [](std::uint64_t) { return true; });
  write(writer, 500, [](std::uint64_t) { return false; });
  const auto found = account();
  EXPECT_EQ(found.with_patient, patients_.size());
  EXPECT_EQ(found.told_with_patient, 0U);
}

TEST_F(BoundedSpool, FramesWithoutAPatientGoOutOfSegmentsThatHoldBoth) {
  SpoolWriter writer(files_, kSpool, kMixing);
  write(writer, 520, [](std::uint64_t number) { return number % 2 == 0; });
  EXPECT_GT(writer.counts().given_up_frames, 0U);
  const auto found = account();
  EXPECT_EQ(found.with_patient, patients_.size());
  EXPECT_EQ(found.told_with_patient, 0U);
  EXPECT_EQ(found.frames + found.told, sent_);
}

TEST_F(BoundedSpool, JunkThatIsGivenUpIsCountedInBytes) {
  for (const SpoolLimits& limits : {kTight, kMixing}) {
    os::FaultingFileSystem files;
    SpoolWriter writer(files, kSpool, limits);
    const ByteVector junk(kBoundFrameSize, std::byte{1});
    std::uint64_t junk_sent = 0;
    for (std::uint64_t number = 1; number <= 900; ++number) {
      const auto patients = frame(0, number, true, kBoundFrameSize);
      const Entry entry =
          number % 2 == 0 ? patients.entry() : Entry{.kind = EntryKind::junk, .bytes = junk};
      junk_sent += number % 2 == 0 ? 0 : junk.size();
      ASSERT_FALSE(writer.append(entry));
    }
    std::uint64_t junk_left = 0;
    for (const auto& entry : read_all(files)) {
      if (entry.kind == EntryKind::junk) junk_left += entry.bytes.size();
    }
    EXPECT_GT(writer.counts().given_up_junk_bytes, 0U);
    EXPECT_EQ(writer.counts().given_up_junk_bytes + junk_left, junk_sent);
  }
}

TEST_F(BoundedSpool, WhereAllHaveAPatientTheOldestGoAndAreCounted) {
  SpoolWriter writer(files_, kSpool, kTight);
  write(writer, 300, [](std::uint64_t) { return true; });
  const auto found = account();
  EXPECT_EQ(found.frames + found.told, sent_);
  EXPECT_EQ(found.told_with_patient, found.told);
  EXPECT_EQ(writer.counts().given_up_frames_with_patient, found.told_with_patient);
  EXPECT_EQ(read_all(files_).back().bytes, frame(0, sent_, true, kBoundFrameSize).bytes);
}

TEST_F(BoundedSpool, SegmentsOfEarlierRunsAreGivenUpByTheSameRule) {
  {
    SpoolWriter first(files_, kSpool, kTight);
    write(first, 20, [](std::uint64_t) { return true; });
    write(first, 30, [](std::uint64_t) { return false; });
  }
  SpoolWriter second(files_, kSpool, kTight);
  write(second, 200, [](std::uint64_t) { return false; });
  const auto found = account();
  EXPECT_EQ(found.with_patient, patients_.size());
  EXPECT_EQ(found.frames + found.told, sent_);
}

TEST_F(BoundedSpool, WhatTheReaderReleasedIsNotCountedAsGivenUp) {
  SpoolWriter writer(files_, kSpool, kTight);
  SpoolReader reader(files_, kSpool);
  for (int i = 0; i < 100; ++i) {
    write(writer, 10, [](std::uint64_t) { return false; });
    const auto read = read_all(reader);
    EXPECT_TRUE(holes_of(read).empty());
    reader.release(writer.run(), read.back().seq);
  }
  EXPECT_EQ(writer.counts().given_up_frames, 0U);
}

TEST_F(BoundedSpool, AReaderBehindTheBoundGetsWhatIsLeftAndHolesForTheRest) {
  SpoolWriter writer(files_, kSpool, kTight);
  SpoolReader reader(files_, kSpool);
  write(writer, 3, [](std::uint64_t) { return false; });
  std::uint64_t accounted = 0;
  const auto check = [&](const std::vector<OwnedEntry>& read) {
    for (const auto& entry : read) {
      EXPECT_GT(entry.seq, accounted);
      if (entry.kind != EntryKind::hole) {
        EXPECT_EQ(entry.seq, accounted + 1);
      }
      accounted = entry.seq;
    }
  };
  check(read_all(reader));
  write(writer, 500, [](std::uint64_t number) { return number % 7 == 0; });
  check(read_all(reader));
  EXPECT_EQ(accounted, sent_);
}

/// A reader that falls behind, is set back to what it has read as by a new connection, or starts
/// anew, while holes are joined and what it reads is given up: frames are read or told, not both.
TEST_F(BoundedSpool, WhatAReaderIsToldOfAddsUpToWhatItMissed) {
  for (const std::uint64_t every : {0U, 1U, 7U}) {
    SCOPED_TRACE(every);
    os::FaultingFileSystem files;
    sent_ = 0;
    SpoolWriter writer(files, kSpool, kTight);
    std::optional<SpoolReader> reader;
    reader.emplace(files, kSpool);
    std::uint64_t frames = 0;
    std::uint64_t told = 0;
    std::uint64_t told_with_patient = 0;
    std::uint64_t last = 0;
    const auto read = [&](std::uint64_t most) {
      for (std::uint64_t i = 0; i < most; ++i) {
        const auto entry = reader->next();
        if (!entry) return;
        last = entry->seq;
        if (entry->kind != EntryKind::hole) {
          ++frames;
          continue;
        }
        const auto hole = decode_hole(entry->bytes);
        told += hole.frames;
        told_with_patient += hole.frames_with_patient;
      }
    };
    const auto go_on_behind_last = [&] {
      reader->rewind([&](std::uint64_t run) { return run == writer.run() ? last : 0; });
    };
    for (std::uint64_t round = 0; round < 200; ++round) {
      write(writer, 1 + round % 40,
            [&](std::uint64_t number) { return every > 0 && number % every == 0; });
      read(round % 11);
      if (round % 3 == 0) go_on_behind_last();
      if (round % 17 == 0) {
        reader.emplace(files, kSpool);
        go_on_behind_last();
      }
    }
    read(sent_);
    EXPECT_GT(told, 0U);
    EXPECT_EQ(frames + told, sent_);
    EXPECT_LE(told_with_patient, told);
    if (every < 2) {
      EXPECT_EQ(told_with_patient, every * told);
    }
  }
}

TEST_F(BoundedSpool, AFullDiskIsAnsweredInTheSameWay) {
  files_.set_capacity(5'000);
  SpoolWriter writer(files_, kSpool, {.max_bytes = 1 << 20, .segment_bytes = 1'000});
  write(writer, 10, [](std::uint64_t) { return true; });
  write(writer, 200, [](std::uint64_t) { return false; });
  const auto found = account();
  EXPECT_EQ(found.with_patient, patients_.size());
  EXPECT_EQ(found.frames + found.told, sent_);
  EXPECT_EQ(found.reasons, std::set<std::string>{"disk_full"});
  EXPECT_GT(writer.counts().failed_writes, 0U);
}

// Patients come and go, as on a day, on a disk that has room for less than a tenth of it.
TEST_F(BoundedSpool, OnAFullDiskNoFrameWithAPatientGoesWhileThereAreOthers) {
  files_.set_capacity(20'000);
  SpoolWriter writer(files_, kSpool, {.max_bytes = 1 << 20, .segment_bytes = 3'000});
  for (int patient = 0; patient < 8; ++patient) {
    write(writer, 7, [](std::uint64_t) { return true; });
    write(writer, 150, [](std::uint64_t) { return false; });
  }
  const auto found = account();
  EXPECT_EQ(found.with_patient, patients_.size());
  EXPECT_EQ(found.told_with_patient, 0U);
  EXPECT_EQ(found.frames + found.told, sent_);
}

/// Segments that a reader does not take in at once.
constexpr std::size_t kLargeFrame = 8'000;
constexpr SpoolLimits kLargeFrames{.max_bytes = 64 << 20, .segment_bytes = 100 * kLargeFrame};

/// Fills a disk that has room for 450 frames, beside a reader that took `read_first` entries when
/// 400 were there. All of what the reader gives.
struct ReadBesideAFullDisk {
  ReadBesideAFullDisk(std::uint64_t read_first,
                      const std::function<bool(std::uint64_t)>& with_patient) {
    os::FaultingFileSystem files;
    files.set_capacity(450 * kLargeFrame);
    SpoolWriter writer(files, kSpool, kLargeFrames);
    SpoolReader reader(files, kSpool);
    const auto append = [&](std::uint64_t up_to) {
      for (; sent < up_to; ++sent) {
        const auto one = frame(0, sent + 1, with_patient(sent + 1), kLargeFrame);
        EXPECT_FALSE(writer.append(one.entry()));
      }
    };
    append(400);
    while (entries.size() < read_first) entries.push_back(owned(*reader.next()));
    append(600);
    for (const auto& entry : read_all(reader)) entries.push_back(entry);
    given_up = writer.counts().given_up_frames;
    given_up_with_patient = writer.counts().given_up_frames_with_patient;
  }
  std::uint64_t sent = 0;
  std::uint64_t given_up = 0;
  std::uint64_t given_up_with_patient = 0;
  std::vector<OwnedEntry> entries;
};

TEST(SpoolOnAFullDisk, ASegmentThatTheReaderHasOpenGivesItsRoomLikeAnyOther) {
  const auto nobody = [](std::uint64_t) { return false; };
  const auto given_up = ReadBesideAFullDisk(0, nobody).given_up;
  EXPECT_GT(given_up, 0U);
  for (std::uint64_t read_first = 1; read_first <= 300; read_first += 7) {
    SCOPED_TRACE(read_first);
    EXPECT_EQ(ReadBesideAFullDisk(read_first, nobody).given_up, given_up);
  }
}

TEST(SpoolOnAFullDisk, AReaderGoesOnBehindWhatWasGivenUpBeforeItsEyes) {
  std::uint64_t holes = 0;
  for (std::uint64_t read_first = 1; read_first <= 300; read_first += 3) {
    SCOPED_TRACE(read_first);
    const ReadBesideAFullDisk outcome(read_first, [](std::uint64_t) { return false; });
    std::uint64_t before = 0;
    for (const auto& entry : outcome.entries) {
      ASSERT_GT(entry.seq, before) << "in order, each once";
      if (entry.kind == EntryKind::hole) {
        ++holes;
        EXPECT_EQ(decode_hole(as_bytes(entry.bytes)).reason, "disk_full");
      } else {
        EXPECT_EQ(entry.seq, before + 1) << "nothing is missing without a word";
        EXPECT_EQ(entry.bytes, frame(0, entry.seq, false, kLargeFrame).bytes);
      }
      before = entry.seq;
    }
    EXPECT_EQ(before, outcome.sent);
  }
  EXPECT_GT(holes, 0U);
}

// Every segment holds both kinds.
TEST(SpoolOnAFullDisk, AReaderGetsEachFrameWithAPatientThatIsNotGivenUpOnce) {
  const auto some = [](std::uint64_t number) { return number % 3 == 0; };
  for (std::uint64_t read_first = 1; read_first <= 300; read_first += 13) {
    SCOPED_TRACE(read_first);
    const ReadBesideAFullDisk outcome(read_first, some);
    ASSERT_GT(outcome.given_up, 0U);
    std::vector<std::uint64_t> patients;
    for (const auto& entry : outcome.entries) {
      if (entry.has_patient) patients.push_back(entry.seq);
    }
    EXPECT_TRUE(std::is_sorted(patients.begin(), patients.end(), std::less_equal<>()));
    EXPECT_GE(patients.size() + outcome.given_up_with_patient, outcome.sent / 3);
  }
}

// There is no room for taking the others' frames out of the segments that hold both, which come in
// a rush.
TEST_F(BoundedSpool, OnAFullDiskSegmentsThatHoldBothGoBeforeThoseOfPatientsAlone) {
  files_.set_capacity(15'000);
  SpoolWriter writer(files_, kSpool, {.max_bytes = 1 << 20, .segment_bytes = 3'000});
  write(writer, 40, [](std::uint64_t) { return true; });
  const auto alone = patients_;
  while (writer.counts().given_up_frames == 0) {
    ++sent_;
    auto one = frame(0, sent_, sent_ % 3 != 0, kBoundFrameSize);
    one.received_us = 1'700'000'000'000'000;
    ASSERT_FALSE(writer.append(one.entry()));
  }
  std::set<std::string> read;
  for (const auto& entry : read_all(files_)) read.insert(entry.bytes);
  EXPECT_TRUE(std::includes(read.begin(), read.end(), alone.begin(), alone.end()));
  EXPECT_GT(writer.counts().given_up_frames_with_patient, 0U);
}

TEST_F(BoundedSpool, AHoleStandsWhereTheFramesStoodAndTellsHowMany) {
  SpoolWriter writer(files_, kSpool, kTight);
  write(writer, 500, [](std::uint64_t number) { return number % 40 < 5; });
  std::uint64_t before = 0;
  std::uint64_t holes = 0;
  for (const auto& entry : read_all(files_)) {
    if (entry.kind == EntryKind::hole) {
      ++holes;
      const auto hole = decode_hole(as_bytes(entry.bytes));
      EXPECT_EQ(hole.frames, entry.seq - before);
      EXPECT_EQ(hole.reason, "bound");
    } else {
      EXPECT_EQ(entry.seq, before + 1);
      EXPECT_EQ(entry.bytes, frame(0, entry.seq, entry.has_patient, kBoundFrameSize).bytes);
    }
    before = entry.seq;
  }
  EXPECT_GT(holes, 0U);
  EXPECT_EQ(before, sent_);
}

TEST_F(BoundedSpool, HolesBesideEachOtherBecomeOneHoweverLongItLasts) {
  SpoolWriter writer(files_, kSpool, kTight);
  write(writer, 2'000, [](std::uint64_t number) { return number % 50 < 10; });
  const auto then = segments_of(files_).size();
  write(writer, 10'000, [](std::uint64_t number) { return number % 50 < 10; });
  EXPECT_LE(segments_of(files_).size(), then + 2);
  const auto found = account();
  EXPECT_EQ(found.frames + found.told, sent_);
  EXPECT_EQ(found.told_with_patient, writer.counts().given_up_frames_with_patient);
}

TEST_F(BoundedSpool, TheWorkOfOneStepDoesNotGrowWithTheSpool) {
  constexpr SpoolLimits kMany{.max_bytes = 200'000, .segment_bytes = 1'000};
  {
    SpoolWriter before(files_, kSpool, kMany);
    write(before, 1'200, [](std::uint64_t number) { return number % 40 < 20; });
  }
  const auto segments = segments_of(files_).size();
  ASSERT_GT(segments, 150U);
  SpoolWriter writer(files_, kSpool, kMany);
  std::uint64_t most_at_once = 0;
  std::uint64_t most_later = 0;
  for (int i = 0; i < 300; ++i) {
    files_.set_fault(std::nullopt);  // counting starts anew
    write(writer, 1, [](std::uint64_t) { return true; });
    (i < 100 ? most_at_once : most_later) =
        std::max(i < 100 ? most_at_once : most_later, files_.operations());
  }
  EXPECT_GT(writer.counts().given_up_frames, 200U);
  EXPECT_LE(most_at_once, 2 * segments + 60) << "the header of each, once";
  EXPECT_LE(most_later, 60U);
}

/// What of the last writes, and of the last changes of names, survives a power cut.
class SpoolOnAFullDiskWithoutPower
    : public ::testing::TestWithParam<std::tuple<os::Survival, bool>> {
 protected:
  /// Writes 60 frames and syncs them, then others to the full disk, where the power goes after the
  /// `nth` operation. False: the last one was before it.
  bool run(std::uint64_t nth, const std::function<bool(std::uint64_t)>& with_patient) {
    os::FaultingFileSystem files;
    bool reached = false;
    {
      SpoolWriter writer(files, kSpool, {.max_bytes = 1 << 20, .segment_bytes = 1'000});
      const auto fill = [&](std::uint64_t from, std::uint64_t to) {
        for (auto number = from; number < to; ++number) {
          writer.append(frame(0, number, with_patient(number), kBoundFrameSize).entry());
        }
      };
      fill(1, 60);
      EXPECT_FALSE(writer.sync());
      files.set_capacity(9'500);
      files.set_fault(os::FaultingFileSystem::Fault{
          .operation = nth, .error = EIO, .times = os::FaultingFileSystem::kForEver});
      fill(60, 68);
      reached = files.operations() >= nth;
      files.cut_power(std::get<0>(GetParam()), std::get<1>(GetParam()));
      files.set_fault(std::nullopt);
      files.set_capacity(std::nullopt);
      given_up_with_patient = writer.counts().given_up_frames_with_patient;
      most_given_up = std::max(most_given_up, writer.counts().given_up_frames);
    }
    SpoolWriter after(files, kSpool, {.max_bytes = 1 << 20, .segment_bytes = 1'000});
    EXPECT_FALSE(after.append(frame(0, 300, true, kBoundFrameSize).entry()));
    std::set<std::string> read;
    std::uint64_t before = 0;
    for (const auto& entry : read_all(files)) {
      if (entry.run != after.run()) {
        EXPECT_GT(entry.seq, before) << "in order, each once";
        before = entry.seq;
      }
      if (entry.kind == EntryKind::frame) read.insert(entry.bytes);
    }
    lost_with_patient = 0;
    for (std::uint64_t number = 1; number < 60; ++number) {
      if (!with_patient(number)) continue;
      if (!read.contains(frame(0, number, true, kBoundFrameSize).bytes)) ++lost_with_patient;
    }
    for (const auto& path : files.all_files()) EXPECT_NE(path.extension(), ".tmp");
    return reached;
  }

  std::uint64_t given_up_with_patient = 0;
  std::uint64_t lost_with_patient = 0;  ///< of those synced
  std::uint64_t most_given_up = 0;      ///< of all frames, in any run
};

INSTANTIATE_TEST_SUITE_P(Whatever, SpoolOnAFullDiskWithoutPower,
                         ::testing::Combine(::testing::ValuesIn(os::kEverySurvival),
                                            ::testing::Bool()));

TEST_P(SpoolOnAFullDiskWithoutPower, NoSyncedFrameWithAPatientIsLostWhileThereAreOthers) {
  std::uint64_t nth = 1;
  for (; run(nth, [](std::uint64_t number) { return number % 20 < 5; }); ++nth) {
    ASSERT_EQ(lost_with_patient, 0U) << nth;
  }
  EXPECT_GT(most_given_up, 0U);
}

// Each segment holds both kinds, and has to be rewritten for giving up the one.
TEST_P(SpoolOnAFullDiskWithoutPower, NoneIsLostButThoseGivenUpWhereTheyLieAmongOthers) {
  std::uint64_t nth = 1;
  for (; run(nth, [](std::uint64_t number) { return number % 3 == 0; }); ++nth) {
    ASSERT_LE(lost_with_patient, given_up_with_patient) << nth;
  }
  EXPECT_GT(most_given_up, 0U);
}

TEST_F(BoundedSpool, ADiskThatOthersFilledRefusesEntriesUntilThereIsRoom) {
  SpoolWriter writer(files_, kSpool, kTight);
  write(writer, 2, [](std::uint64_t) { return true; });
  files_.set_capacity(0);
  EXPECT_EQ(writer.append(frame(0, 3).entry()), std::errc::no_space_on_device);
  files_.set_capacity(std::nullopt);
  EXPECT_FALSE(writer.append(frame(0, 3).entry()));
  EXPECT_EQ(seqs_of(read_all(files_)), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(BoundedSpool, AHoleIsToldOnADiskWithoutRoomAndTheWriterGoesOnBehindIt) {
  SpoolWriter writer(files_, kSpool, kTight);
  write(writer, 2, [](std::uint64_t) { return true; });
  files_.set_capacity(0);
  EXPECT_EQ(writer.append(frame(0, 3).entry()), std::errc::no_space_on_device);
  EXPECT_FALSE(writer.append_hole({.frames = 83, .frames_with_patient = 80, .reason = "disk_full"},
                                  1'700'000'000'000'000));
  auto holes = holes_of(read_all(files_));
  ASSERT_EQ(holes.size(), 1U);
  EXPECT_EQ(holes[0].seq, 3U);
  const Hole told = decode_hole(as_bytes(holes[0].bytes));
  EXPECT_EQ(told.frames, 83U);
  EXPECT_EQ(told.frames_with_patient, 80U);
  files_.set_capacity(std::nullopt);
  EXPECT_FALSE(writer.append(frame(0, 4).entry()));
  EXPECT_EQ(seqs_of(read_all(files_)), (std::vector<std::uint64_t>{1, 2, 4}));
  EXPECT_FALSE(writer.sync());
}

TEST_F(BoundedSpool, AHoleOnADiskWithoutRoomIsReadWholeOrNotAtAllWhateverFails) {
  std::uint64_t nth = 1;
  for (bool failed = true; failed; ++nth) {
    SCOPED_TRACE(nth);
    os::FaultingFileSystem files;
    SpoolWriter writer(files, kSpool, kTight);
    ASSERT_FALSE(writer.append(frame(0, 1, true).entry()));
    files.set_capacity(0);
    files.set_fault(os::FaultingFileSystem::Fault{.operation = nth});
    const bool told = !writer.append_hole(
        {.frames = 83, .frames_with_patient = 80, .reason = "disk_full"}, 1'700'000'000'000'000);
    failed = files.operations() >= nth;
    files.set_fault(std::nullopt);
    const auto read = read_all(files);
    EXPECT_EQ(seqs_of(read), std::vector<std::uint64_t>{1});
    ASSERT_EQ(holes_of(read).size(), told ? 1U : 0U);
    if (told) {
      EXPECT_EQ(decode_hole(as_bytes(holes_of(read)[0].bytes)).frames, 83U);
    }
  }
  EXPECT_GT(nth, 5U);
}

TEST_F(BoundedSpool, AWriterThatBeginsOnAFullDiskTakesEntriesOnceThereIsRoom) {
  files_.set_capacity(0);
  SpoolWriter writer(files_, kSpool, kTight);
  EXPECT_EQ(writer.append(frame(0, 1).entry()), std::errc::no_space_on_device);
  EXPECT_EQ(writer.append(frame(0, 1).entry()), std::errc::no_space_on_device);
  files_.set_capacity(std::nullopt);
  EXPECT_FALSE(writer.append(frame(0, 1).entry()));
  EXPECT_FALSE(writer.sync());
  EXPECT_EQ(seqs_of(read_all(files_)), std::vector<std::uint64_t>{1});
}

TEST_F(BoundedSpool, StreamThatComesInARushMakesNoMoreFilesThanItsSizeAsksFor) {
  SpoolWriter writer(files_, kSpool, {.max_bytes = 1'000'000, .segment_bytes = 100'000});
  for (std::uint64_t number = 1; number <= 600; ++number) {
    auto one = frame(0, number, number / 100 % 2 == 0, kBoundFrameSize);
    one.received_us = 1'700'000'000'000'000;
    ASSERT_FALSE(writer.append(one.entry()));
  }
  EXPECT_EQ(segments_of(files_).size(), 1U);
}

TEST_F(BoundedSpool, ThinningOutThatFailsAtAnyStepLosesNoFrameWithAPatient) {
  const auto one = [](std::uint64_t number) {
    return frame(0, number, number % 2 == 0, kBoundFrameSize);
  };
  // As many as go in without anything given up.
  const std::uint64_t fit = [&] {
    os::FaultingFileSystem files;
    SpoolWriter writer(files, kSpool, kMixing);
    std::uint64_t number = 0;
    while (writer.counts().given_up_frames == 0) writer.append(one(++number).entry());
    return number - 1;
  }();
  bool over = false;
  for (std::uint64_t nth = 1; !over; ++nth) {
    SCOPED_TRACE(nth);
    os::FaultingFileSystem files;
    SpoolWriter writer(files, kSpool, kMixing);
    for (std::uint64_t number = 1; number <= fit; ++number) writer.append(one(number).entry());
    ASSERT_EQ(writer.counts().given_up_frames, 0U);
    files.set_fault(os::FaultingFileSystem::Fault{.operation = nth, .error = EIO});
    EXPECT_FALSE(writer.append(one(fit + 1).entry()));
    over = files.operations() < nth;
    files.set_fault(std::nullopt);
    EXPECT_GT(writer.counts().given_up_frames, 0U);
    EXPECT_LE(bytes_on_disk(files), kMixing.max_bytes);
    std::uint64_t frames = 0;
    std::uint64_t told = 0;
    for (const auto& entry : read_all(files)) {
      if (entry.kind == EntryKind::frame) ++frames;
      if (entry.kind == EntryKind::hole) told += decode_hole(as_bytes(entry.bytes)).frames;
    }
    // What was given up is told by the next append, where this one had to begin with it.
    EXPECT_EQ(frames + std::max(told, writer.counts().given_up_frames), fit + 1);
    for (const auto& path : files.all_files()) EXPECT_NE(path.extension(), ".tmp");
  }
}

}  // namespace
}  // namespace icom::spool
