// Whatever a Linac sends, however it comes: records are what the stored frames, in order, make.
#include <random>
#include <set>

#include "tests/unit/store/built_anew.hpp"

namespace icom::store {
namespace {

using Random = std::mt19937;

unsigned below(Random& random, unsigned bound) {
  return static_cast<unsigned>(random() % bound);
}

/// What a Linac sends: patients come and go within seconds, its counter goes up, down, or anyhow,
/// and its clock may be set back.
std::vector<ByteVector> any_stream(Random& random, bool with_pauses = false) {
  const unsigned frames = 20 + below(random, 100);
  const unsigned counter_kind = below(random, 5);
  const unsigned change_every = 1 + below(random, 30);
  std::vector<ByteVector> all;
  unsigned counter = below(random, 256);
  unsigned quarter = 4 * 3600;
  std::optional<test::Patient> patient;
  for (unsigned n = 0; n < frames; ++n) {
    if (below(random, change_every) == 0) {
      const unsigned who = below(random, 3);
      patient = who == 0 ? std::nullopt
                         : std::optional(test::Patient{.id = "73000" + std::to_string(who)});
    }
    test::FrameSpec spec;
    spec.time = test::time_after(quarter / 4);
    spec.counter = static_cast<std::uint8_t>(counter);
    spec.items = test::typical_items(patient, n);
    all.push_back(test::build_frame(spec));
    quarter += below(random, 40) == 0 ? below(random, 80) : 1;
    if (with_pauses && below(random, 3) == 0) {
      quarter += 4 * (61 + below(random, 300));  // frames on both sides are not near each other
    }
    if (below(random, 60) == 0) {
      quarter -= below(random, 300);
    }
    switch (counter_kind) {
      case 0:
        --counter;
        break;
      case 1:
        counter += below(random, 20) == 0 ? below(random, 9) : 1;
        break;
      case 2:
        counter += below(random, 256);
        break;
      case 3:
        counter += below(random, 8) == 0 ? 0 : 1;
        break;
      default:
        ++counter;
    }
  }
  return all;
}

/// A part of the stream, as one agent brings it.
struct Agent {
  test::Feed feed;
  std::vector<ByteVector> frames;
  std::size_t sent = 0;
};

class RecordsPropertyTest : public test::StoreFixture {
 protected:
  void open_with(RebuildPace pace) {
    store_.reset();
    Store::Options options = test::on_a_quick_machine();
    options.rebuild = pace;
    store_ = std::make_unique<Store>(folder(), options, nullptr);
  }
  /// Two agents, each with its own stretches of the stream, in batches of any size, one late.
  void send_anyhow(LinacId linac, const std::vector<ByteVector>& stream, Random& random) {
    std::vector<Agent> agents;
    for (std::uint64_t run = 1; run <= 2; ++run) {
      Agent agent{.feed = {linac, run}, .frames = {}};
      bool hears = run == 1 || below(random, 2) == 0;
      for (const ByteVector& frame : stream) {
        hears = below(random, 12) == 0 ? !hears : hears;
        if (hears) {
          agent.frames.push_back(frame);
        }
      }
      agents.push_back(std::move(agent));
    }
    while (agents[0].sent < agents[0].frames.size() || agents[1].sent < agents[1].frames.size()) {
      Agent& agent = agents[below(random, 2)];
      if (below(random, 10) == 0) {
        agent.feed.event(EntryKind::disconnected).connected();
        agent.sent -= std::min<std::size_t>(agent.sent, below(random, 30));  // a replay
      }
      if (below(random, 6) == 0) {
        agent.feed.received_at(below(random, 200));
      }
      for (unsigned more = below(random, 12); more > 0 && agent.sent < agent.frames.size();
           --more) {
        agent.feed.frame(agent.frames[agent.sent++]);
      }
      ASSERT_TRUE(commit(agent.feed.batch()));
      if (below(random, 40) == 0) {
        open_with(pace_);
      }
    }
  }
  RebuildPace pace_;

  void expect_consistent(LinacId linac, const std::vector<ByteVector>& stream) const {
    StoreReader reader(folder());
    const std::vector<records::Record> kept = test::listed_records(folder(), linac);
    const std::vector<records::Record> expected = test::records_built_anew(folder(), linac);
    ASSERT_EQ(kept.size(), expected.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_EQ(kept[i].first, expected[i].first) << i;
      EXPECT_EQ(kept[i].frames, expected[i].frames) << i;
      EXPECT_EQ(kept[i].gaps, expected[i].gaps) << i;
      EXPECT_TRUE(kept[i] == expected[i]) << i;
    }
    std::int64_t with_patient = 0;
    std::set<std::uint64_t> stored;
    reader.all_frames(linac, [&](const FrameKey& key, Bytes frame) {
      stored.insert(key.hash);
      if (facts_of(frame).patient_id) {
        ++with_patient;
        std::int64_t records = 0;
        for (const records::Record& record : kept) {
          records += record.first <= key.place && key.place <= record.last ? 1 : 0;
        }
        EXPECT_EQ(records, 1) << key.place.time << ' ' << int{key.counter};
      }
      return true;
    });
    for (const records::Record& record : kept) {
      with_patient -= record.frames;
    }
    EXPECT_EQ(with_patient, 0);
    std::set<std::uint64_t> sent;
    for (const ByteVector& frame : stream) {
      sent.insert(content_hash(frame));
    }
    EXPECT_TRUE(std::ranges::includes(sent, stored));
  }
};

TEST_F(RecordsPropertyTest, EachFrameWithAPatientStandsInExactlyOneRecord) {
  for (unsigned seed = 1; seed <= 150 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const LinacId linac = known_linac("seed-" + std::to_string(seed));
    const std::vector<ByteVector> stream = any_stream(random);
    send_anyhow(linac, stream, random);
    expect_consistent(linac, stream);
  }
}

TEST_F(RecordsPropertyTest, SoItIsWhereRecordsAreBuiltAgainLater) {
  pace_ = {.per_commit = 2, .at_once = 30};
  open_with(pace_);
  for (unsigned seed = 1001; seed <= 1100 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const LinacId linac = known_linac("seed-" + std::to_string(seed));
    const std::vector<ByteVector> stream = any_stream(random, seed % 2 == 0);
    send_anyhow(linac, stream, random);
    open_with(pace_);  // what was left to be built is, before it closes
    expect_consistent(linac, stream);
  }
}

TEST_F(RecordsPropertyTest, FramesOfACounterThatCountsDownStandInTheOpenRecord) {
  // The seconds in which an open record begins, one frame per commit, each on a connection of its
  // own and received at once.
  std::vector<ByteVector> all;
  for (unsigned n = 0; n < 16; ++n) {
    test::FrameSpec spec;
    spec.time = test::time_after(n / 4);
    spec.counter = static_cast<std::uint8_t>(200 - n);
    spec.items = test::typical_items(test::Patient{}, n);
    all.push_back(test::build_frame(spec));
    ASSERT_TRUE(commit(feed(next_run_++).frame(all.back()).batch()));
  }
  expect_consistent(linac_, all);
}

}  // namespace
}  // namespace icom::store
