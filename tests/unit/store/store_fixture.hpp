// A store in a temporary folder, and frames to feed it with.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "common/icom/values.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/store.hpp"
#include "gateway/store/store_reader.hpp"
#include "tests/unit/icom/frame_builder.hpp"

namespace icom::test {

/// Removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "icom-store-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What a listener's spool would send: entries of one run, numbered.
class Feed {
 public:
  Feed(store::LinacId linac, std::uint64_t run) : linac_(linac), run_(run) {}

  Feed& frame(ByteVector bytes) { return add(EntryKind::frame, std::move(bytes)); }
  Feed& frames(const std::vector<ByteVector>& all) {
    for (const ByteVector& one : all) {
      frame(one);
    }
    return *this;
  }
  Feed& event(EntryKind kind, ByteVector bytes = {}) { return add(kind, std::move(bytes)); }
  Feed& connected() { return event(EntryKind::connected); }
  /// The next batch begins with this number.
  Feed& from_seq(std::uint64_t seq) {
    next_seq_ = seq;
    return *this;
  }

  /// When the next frame is received, in seconds after the first of a feed usually is; those after
  /// it follow at the Linac's pace.
  Feed& received_at(std::int64_t seconds) {
    received_offset_us_ =
        seconds * 1'000'000 - static_cast<std::int64_t>(next_seq_ + waiting_.size()) * 250'000;
    return *this;
  }

  store::IncomingBatch batch() {
    store::IncomingBatch batch;
    batch.linac = linac_;
    std::size_t size = 0;
    for (const auto& [kind, bytes, received_offset] : waiting_) {
      size += bytes.size();
    }
    batch.arena.reserve(size);
    for (const auto& [kind, bytes, received_offset] : waiting_) {
      const std::size_t at = batch.arena.size();
      append(batch.arena, bytes);
      store::IncomingEntry entry;
      entry.kind = kind;
      entry.run = run_;
      entry.seq = next_seq_++;
      entry.received_us =
          1'700'000'000'000'000 + received_offset + static_cast<std::int64_t>(entry.seq) * 250'000;
      entry.bytes = Bytes(batch.arena).subspan(at, bytes.size());
      if (kind == EntryKind::frame) {
        entry.identity = identify(entry.bytes).value();
        entry.facts = facts_of(entry.bytes);
      }
      batch.entries.push_back(entry);
    }
    waiting_.clear();
    return batch;
  }

 private:
  struct Waiting {
    EntryKind kind;
    ByteVector bytes;
    std::int64_t received_offset;
  };
  Feed& add(EntryKind kind, ByteVector bytes) {
    waiting_.push_back({kind, std::move(bytes), received_offset_us_});
    return *this;
  }

  store::LinacId linac_;
  std::uint64_t run_;
  std::uint64_t next_seq_ = 1;
  std::int64_t received_offset_us_ = 0;
  std::vector<Waiting> waiting_;
};

/// Message number `n` of a Linac that sends four a second from 08:00:00 on, its counter beginning
/// at 0. `shift`: seconds added to its clock.
inline ByteVector message(unsigned n, const std::optional<Patient>& patient = {},
                          unsigned shift = 0) {
  FrameSpec spec;
  spec.time = time_after(n / 4 + shift);
  spec.counter = static_cast<std::uint8_t>(n);
  spec.items = typical_items(patient, n);
  return build_frame(spec);
}

/// As message(), with a text of so many bytes that does not compress and is no other one's.
inline ByteVector large_message(unsigned n, std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t random = n + 1;
  for (char& byte : text) {
    random = random * 1'664'525U + 1'013'904'223U;
    byte = static_cast<char>(random >> 24U);
  }
  FrameSpec spec;
  spec.time = time_after(n / 4);
  spec.counter = static_cast<std::uint8_t>(n);
  spec.items = {{0x3001, 0x5001, "LO", 'P', text}};
  return build_frame(spec);
}

inline std::vector<ByteVector> messages(unsigned from, unsigned to,
                                        const std::optional<Patient>& patient = {},
                                        unsigned shift = 0) {
  std::vector<ByteVector> all;
  for (unsigned n = from; n < to; ++n) {
    all.push_back(message(n, patient, shift));
  }
  return all;
}

inline std::vector<ByteVector> operator+(std::vector<ByteVector> a,
                                         const std::vector<ByteVector>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Tells the first difference; a list of frames printed by gtest is of no use to anyone.
inline testing::AssertionResult same_frames(const std::vector<ByteVector>& got,
                                            const std::vector<ByteVector>& expected) {
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    if (got[i] != expected[i]) {
      const FrameIdentity a = identify(got[i]).value();
      const FrameIdentity b = identify(expected[i]).value();
      return testing::AssertionFailure()
             << "frame " << i << " is " << linac_time_text(a.time) << ' ' << int{a.counter}
             << ", expected " << linac_time_text(b.time) << ' ' << int{b.counter};
    }
  }
  if (got.size() != expected.size()) {
    return testing::AssertionFailure() << got.size() << " frames, expected " << expected.size();
  }
  return testing::AssertionSuccess();
}

/// Submits and waits; true if it was stored.
inline bool commit(store::Store& store, store::IncomingBatch batch) {
  auto stored = std::make_shared<std::promise<bool>>();
  std::future<bool> result = stored->get_future();
  batch.done = [stored](bool ok) { stored->set_value(ok); };
  if (!store.submit(std::move(batch))) {
    ADD_FAILURE() << "the queue is full";
    return false;
  }
  if (result.wait_for(std::chrono::seconds(60)) != std::future_status::ready) {
    ADD_FAILURE() << "the store does not answer";
    return false;
  }
  return result.get();
}

inline std::vector<ByteVector> stored_frames(const std::filesystem::path& folder,
                                             store::LinacId linac) {
  std::vector<ByteVector> frames;
  store::StoreReader(folder).all_frames(linac, [&](const store::FrameKey&, Bytes frame) {
    frames.emplace_back(frame.begin(), frame.end());
    return true;
  });
  return frames;
}

/// Of a store for which no time passes: what it does in one piece does not depend on how slow the
/// machine is.
inline store::Store::Options on_a_quick_machine() {
  return {.clock = [] { return std::chrono::steady_clock::time_point(); }};
}

/// As a store of before schema step 14: nothing is written down of what its clocks stood for.
inline void set_back_to_step_13(store::Database& database) {
  database.execute(
      "DROP TABLE clock;"
      "CREATE INDEX record_by_time ON record (first_time);"
      "ALTER TABLE beam DROP COLUMN first_later;"
      "ALTER TABLE beam DROP COLUMN last_later;"
      "ALTER TABLE interlock DROP COLUMN first_later;"
      "ALTER TABLE interlock DROP COLUMN last_later;"
      "PRAGMA user_version = 13");
}

/// As a store of before schema step 11: where its chunks stand, nothing but they themselves tell.
inline void set_back_to_step_10(store::Database& database) {
  set_back_to_step_13(database);
  database.execute(
      "DROP TABLE chunk_place;"
      "ALTER TABLE record DROP COLUMN unlisted;"
      "ALTER TABLE linac DROP COLUMN unplaced;"
      "ALTER TABLE linac DROP COLUMN machine;"
      "ALTER TABLE linac DROP COLUMN other_machine;"
      "ALTER TABLE linac DROP COLUMN other_in_a_row;"
      "ALTER TABLE linac DROP COLUMN other_frames;"
      "PRAGMA user_version = 10");
}

/// One store, one Linac of it.
class StoreFixture : public testing::Test {
 protected:
  void open(store::StoreObserver* observer = nullptr) {
    store_ = std::make_unique<store::Store>(folder(), on_a_quick_machine(), observer);
    linac_ = known_linac("4299");
  }
  /// One of which the store knows where it counts, as it is after a few frames.
  store::LinacId known_linac(const std::string& serial) {
    const store::LinacId linac = store_->linac("nbcc", serial);
    store::Database database(folder() / "icom.db", store::Database::Access::read_write);
    store::Query query(database,
                       "UPDATE linac SET counter_at = 26 WHERE id = ? AND counter_at IS NULL");
    query.bind(linac);
    query.run();
    return linac;
  }
  void reopen() {
    store_.reset();
    open();
  }
  void SetUp() override { open(); }

  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "store"; }
  [[nodiscard]] Feed feed(std::uint64_t run = 1) const { return {linac_, run}; }
  bool commit(store::IncomingBatch batch) { return test::commit(*store_, std::move(batch)); }
  /// A run of its own, so nothing is left out by position.
  void store_all(const std::vector<ByteVector>& frames) {
    ASSERT_TRUE(commit(feed(next_run_++).connected().frames(frames).batch()));
  }
  [[nodiscard]] std::vector<ByteVector> stored() const { return stored_frames(folder(), linac_); }
  [[nodiscard]] store::LedgerRow ledger() const {
    return store::StoreReader(folder()).ledger({}, {}).at(0);
  }
  [[nodiscard]] std::vector<store::Gap> gaps() const {
    return store::StoreReader(folder()).gaps(linac_);
  }
  [[nodiscard]] std::vector<store::RecordRow> records() const {
    return store::StoreReader(folder()).records({.with_undelivered = true});
  }

  TemporaryFolder temporary_;
  std::unique_ptr<store::Store> store_;
  store::LinacId linac_ = 0;
  std::uint64_t next_run_ = 1000;
};

}  // namespace icom::test
