// Texts of frames in the rows of records: bytes written, counted.
#include "gateway/records/record_text.hpp"
#include "tests/unit/store/log_fixture.hpp"

namespace icom::store {
namespace {

class RecordTextsTest : public test::LogFixture {
 protected:
  static constexpr std::size_t kHuge = 1U << 20U;

  RecordTextsTest() {
    database_.execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;");
  }
  [[nodiscard]] std::int64_t written_bytes() const {
    return static_cast<std::int64_t>(std::filesystem::file_size(folder_.path() / "icom.db-wal"));
  }
  static ByteVector frame(unsigned n, const std::string& id, const std::string& name,
                          const std::string& field = "1-1") {
    test::FrameSpec spec;
    spec.time = test::time_after(n / 4);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = {{0x0010, 0x0010, "PN", 'P', name},
                  {0x0010, 0x0020, "LO", 'P', id},
                  {0x3001, 0x1003, "LO", 'P', field},
                  {0x3001, 0x1016, "LO", 'R', field},
                  {0x3008, 0x0032, "DS", 'R', std::to_string(n)}};
    return test::build_frame(spec);
  }
  [[nodiscard]] std::vector<RecordRow> records_of(const std::string& patient) const {
    return StoreReader(folder_.path()).records({.patient_id = patient, .with_undelivered = true});
  }
};

TEST_F(RecordTextsTest, RowsHoldABoundedPartOfThem) {
  test::Feed feed(1, 1);
  feed.connected();
  for (unsigned n = 0; n < 20; ++n) {
    const std::string text = std::to_string(n) + std::string(kHuge, 'x');
    commit(feed.frame(frame(n, text, text, text)).batch());
  }
  EXPECT_EQ(number("SELECT count(*) FROM record"), 20);
  constexpr auto kMost = std::int64_t{records::kMaxTextBytes};
  EXPECT_LE(number("SELECT max(length(patient_id)) FROM record"), kMost);
  EXPECT_LE(number("SELECT max(length(patient_name)) FROM record"), kMost);
  EXPECT_LE(number("SELECT max(length(field_id)) FROM beam"), kMost);
  EXPECT_LE(number("SELECT max(length(text)) FROM interlock"), kMost);
  EXPECT_LT(written_bytes(), std::int64_t{2 * kHuge}) << "by 20 records with four such texts each";
}

TEST_F(RecordTextsTest, TheInterlocksOfShortRecordsTakeNoMoreThanARowAFrame) {
  test::Feed feed(1, 1);
  feed.connected();
  constexpr unsigned kRecords = 200;
  for (unsigned n = 0; n <= kRecords; ++n) {
    test::FrameSpec spec;
    spec.time = test::time_after(n / 4);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = {{0x0010, 0x0020, "LO", 'P', std::to_string(n)}};
    for (unsigned number = 0; number < 100; ++number) {
      const std::string text = std::to_string(number) + std::string(250, 'x');
      spec.items.push_back({0x3001, 0x1016, "LO", 'R', text});
    }
    feed.frame(test::build_frame(spec));
  }
  commit(feed.batch());
  EXPECT_EQ(number("SELECT count(*) FROM record WHERE next_time IS NOT NULL"), kRecords);
  EXPECT_EQ(number("SELECT count(*) FROM interlock"), kRecords);
  const std::vector<RecordRow> listed =
      StoreReader(folder_.path()).records({.with_undelivered = true});
  EXPECT_EQ(listed.at(0).stored.record.interlocks_left_out, 99);
  EXPECT_LT(written_bytes(), std::int64_t{2} << 20U) << "by frames with 100 times 250 bytes each";
}

TEST_F(RecordTextsTest, AnOpenRecordsRowIsSmallInEachCommit) {
  const std::string text(kHuge, 'x');
  test::Feed feed(1, 1);
  commit(feed.connected().frame(frame(0, text, text)).batch());
  const std::int64_t before = written_bytes();
  constexpr unsigned kCommits = 50;
  for (unsigned n = 1; n <= kCommits; ++n) {
    commit(feed.frame(frame(n, text, text)).batch());
  }
  EXPECT_EQ(number("SELECT frames FROM record"), kCommits + 1);
  EXPECT_LT(written_bytes() - before, std::int64_t{kCommits} * (100 << 10));
}

TEST_F(RecordTextsTest, PatientsAreFoundByTheirWholeIdAndByTheOneThatIsShown) {
  const std::string one = std::string(kHuge, '1') + "A";
  const std::string other = std::string(kHuge, '1') + "B";
  commit(test::Feed(1, 1)
             .connected()
             .frame(frame(0, one, "BANKSIA, Rose"))
             .frame(frame(1, one, "BANKSIA, Rose"))
             .frame(frame(2, other, "WATTLE, Ann"))
             .batch());
  ASSERT_EQ(number("SELECT count(*) FROM record"), 2) << "different patients";
  ASSERT_EQ(records_of(one).size(), 1U);
  EXPECT_EQ(records_of(one)[0].stored.record.frames, 2);
  const std::string shown = records_of(one)[0].stored.record.patient_id;
  EXPECT_EQ(shown.size(), records::kMaxTextBytes);
  ASSERT_EQ(records_of(shown).size(), 1U);
  EXPECT_EQ(records_of(shown)[0].stored.record.frames, 2);
  ASSERT_EQ(records_of(other).size(), 1U);
  EXPECT_EQ(records_of(other)[0].stored.record.patient_name, "WATTLE, Ann");
}

TEST_F(RecordTextsTest, RowsOfAnOlderStoreAreReadAsIfTheyWereBounded) {
  const std::string id(kHuge, '1');
  commit(test::Feed(1, 1).connected().frame(frame(0, id, "BANKSIA, Rose")).batch());
  {
    Query query(database_, "UPDATE record SET patient_id = ?, patient_name = ?");
    query.bind(as_bytes(id), as_bytes(id));
    query.run();
  }
  ASSERT_EQ(records_of(id).size(), 1U);
  const records::Record record = records_of(id)[0].stored.record;
  EXPECT_EQ(record.patient_id, records::record_patient_id(id));
  EXPECT_EQ(record.patient_name, id.substr(0, records::kMaxTextBytes));
}

}  // namespace
}  // namespace icom::store
