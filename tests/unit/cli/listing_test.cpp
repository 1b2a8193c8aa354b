// What the reading commands print, on a store that a gateway still writes.
#include <gmock/gmock.h>
#include <lzma.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "gateway/cli/clock_listing.hpp"
#include "gateway/cli/gap_listing.hpp"
#include "gateway/cli/known_names.hpp"
#include "gateway/cli/ledger_listing.hpp"
#include "gateway/cli/record_export.hpp"
#include "gateway/cli/record_listing.hpp"
#include "tests/unit/archive/delivery_frames.hpp"
#include "tests/unit/store/site_clock.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::cli {
namespace {

using test::operator+;
using Json = nlohmann::ordered_json;

class ListingTest : public test::StoreFixture {
 protected:
  void SetUp() override {
    open();
    delivery_ = test::delivery(4, 24, {"100234", "M\xDCLLER, J\xF6rg"},
                               {.interlock = "Settings Not Confirmed"});
    store_all(test::idle(0, 4) + delivery_ + test::idle(24, 26) +
              test::delivery(26, 30, {"100777", "O'CONNOR, Pat"}, {.mu_per_frame = 0}) +
              test::idle(33, 40));
  }

  [[nodiscard]] Sources sources() const { return {folder(), temporary_.path() / "sites"}; }
  /// What else its file has to have is missing.
  void write_zone(const std::string& site, const std::string& zone) const {
    std::filesystem::create_directories(sources().sites);
    std::ofstream(sources().sites / (site + ".yaml")) << "timezone: " << zone << "\n";
  }
  [[nodiscard]] std::vector<Json> records(const store::RecordFilter& filter) const {
    std::ostringstream out;
    list_records(sources(), filter, true, out);
    return lines(out.str());
  }
  static std::vector<Json> lines(const std::string& text) {
    std::vector<Json> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      all.push_back(Json::parse(line));
    }
    return all;
  }
  static std::vector<std::string> keys(const Json& object) {
    std::vector<std::string> all;
    for (const auto& [key, value] : object.items()) {
      all.push_back(key);
    }
    return all;
  }
  [[nodiscard]] std::string exported(ExportFormat format, std::int64_t id = 1) const {
    std::ostringstream out;
    ExportedRecord record(sources(), id);
    export_record(record, format, out);
    return out.str();
  }

  std::vector<ByteVector> delivery_;
};

TEST_F(ListingTest, ARecordIsAnObjectWithTheKeysOfTheManual) {
  const auto found = records({});
  ASSERT_EQ(found.size(), 1U);
  const Json& record = found[0];
  auto first_keys = keys(record);
  first_keys.resize(11);
  EXPECT_EQ(first_keys, (std::vector<std::string>{"id", "site", "linac", "patient_id",
                                                  "patient_name", "start", "end", "frames",
                                                  "delivered_mu", "complete", "archive_file"}));
  EXPECT_EQ(record["site"], "nbcc");
  EXPECT_EQ(record["linac"], "4299");
  EXPECT_EQ(record["patient_name"], "M\xC3\x9CLLER, J\xC3\xB6rg");
  EXPECT_EQ(record["start"], "2026-03-02T08:00:01");
  EXPECT_EQ(record["end"], "2026-03-02T08:00:05");
  EXPECT_EQ(record["frames"], 20);
  EXPECT_EQ(record["delivered_mu"], 19.0);
  EXPECT_EQ(record["complete"], true);
  EXPECT_TRUE(record["archive_file"].is_null());
  EXPECT_TRUE(record["archive_problem"].is_null());
  EXPECT_EQ(record["beams"].size(), 1U);
  ASSERT_EQ(record["interlocks"].size(), 1U);
  EXPECT_EQ(record["interlocks"][0]["text"], "Settings Not Confirmed");
  EXPECT_EQ(record["interlocks"][0]["first"], record["start"]);
  EXPECT_EQ(record["interlocks"][0]["last"], record["end"]);
  EXPECT_EQ(record["interlocks"][0]["frames"], 20);
  EXPECT_EQ(record["interlocks_left_out"], 0);
}

TEST_F(ListingTest, FiltersLeaveWhatTheyShould) {
  EXPECT_EQ(records({.with_undelivered = true}).size(), 2U);
  EXPECT_EQ(records({.patient_id = "100234"}).size(), 1U);
  EXPECT_EQ(records({.patient_id = "10023"}).size(), 0U);
  EXPECT_EQ(records({.serial = "9183"}).size(), 0U);
  EXPECT_EQ(records({.site = "nbcc", .serial = "4299"}).size(), 1U);
  const std::int64_t start = identify(delivery_.front())->time;
  EXPECT_EQ(records({.since = start}).size(), 1U);
  EXPECT_EQ(records({.since = start + 1}).size(), 0U);
}

TEST_F(ListingTest, UntilLeavesThoseThatBeginBefore) {
  const std::int64_t start = identify(delivery_.front())->time;
  EXPECT_EQ(records({.until = start}).size(), 0U);
  EXPECT_EQ(records({.until = start + 1}).size(), 1U);
}

TEST_F(ListingTest, TimesAreToldInUtcAndWithTheirOffsetWhereTheSitesZoneIsKnown) {
  const Json unknown = records({}).at(0);
  EXPECT_TRUE(unknown["start_utc"].is_null());
  EXPECT_TRUE(unknown["start_offset"].is_null());
  write_zone("nbcc", "Australia/Sydney");
  const Json record = records({}).at(0);
  EXPECT_EQ(record["start"], "2026-03-02T08:00:01");
  EXPECT_EQ(record["start_utc"], "2026-03-01T21:00:01Z");
  EXPECT_EQ(record["start_offset"], "+11:00");
  EXPECT_EQ(record["beams"][0]["start_utc"], "2026-03-01T21:00:01Z");
  EXPECT_EQ(record["interlocks"][0]["last_utc"], record["end_utc"]);
  std::ostringstream out;
  list_records(sources(), {}, false, out);
  EXPECT_THAT(out.str(), testing::HasSubstr("  2026-03-02T08:00:01+11:00  "));
  out.str("");
  list_gaps(sources(), {}, true, out);
  const Json gap = lines(out.str()).at(0);
  EXPECT_EQ(gap["to_utc"], gap["to"].get<std::string>().replace(8, 5, "01T21") + "Z");
}

TEST_F(ListingTest, NoOffsetIsToldWhereTheZonesDatabaseKnowsNone) {
  write_zone("nbcc", "Australia/Sydney");
  store::StoreReader reader(folder());
  LinacClocks clocks(sources().sites, reader);
  const store::LinacRow linac{1, "nbcc", "4299"};
  const auto offset = [&](std::int64_t local) {
    return clocks.at(linac, FramePlace{1, local, 0, 0}).offset;
  };
  EXPECT_EQ(offset(1'772'438'400), 11 * 3600);
  EXPECT_EQ(offset(9'224'318'015), std::nullopt) << "in 2262";
  EXPECT_EQ(offset(-2'400'000'000), std::nullopt) << "in 1893, when Sydney had a time of its own";
}

/// Four frames a second of 25 October 2026, from `number` on.
std::vector<ByteVector> of_one_second(const std::string& time, unsigned number) {
  std::vector<ByteVector> frames;
  for (unsigned n = number; n < number + 4; ++n) {
    test::FrameSpec spec;
    spec.time = "2026-10-25" + time;
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = test::typical_items(test::Patient{"7", "A"}, n);
    frames.push_back(test::build_frame(spec));
  }
  return frames;
}

/// In Berlin the hour from two to three comes twice then.
TEST_F(ListingTest, ARecordOverTheEndOfSummerTimeEndsAfterItsBeginning) {
  write_zone("rccc", "Europe/Berlin");
  constexpr std::int64_t kBegin = 1'792'889'998;  // 00:59:58 in UTC
  store::IncomingBatch batch =
      test::Feed(store_->linac("rccc", "9183"), 1)
          .frames(of_one_second("02:59:58", 0) + of_one_second("02:59:59", 4) +
                  of_one_second("02:00:00", 8) + of_one_second("02:00:01", 12))
          .batch();
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    batch.entries[i].received_us = kBegin * 1'000'000 + static_cast<std::int64_t>(i) * 250'000;
  }
  ASSERT_TRUE(commit(std::move(batch)));
  const auto found = records({.site = "rccc", .with_undelivered = true});
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front()["start"], "2026-10-25T02:59:58");
  EXPECT_EQ(found.front()["start_utc"], "2026-10-25T00:59:58Z");
  EXPECT_EQ(found.front()["start_offset"], "+02:00");
  EXPECT_EQ(found.back()["end"], "2026-10-25T02:00:01");
  EXPECT_EQ(found.back()["end_utc"], "2026-10-25T01:00:01Z");
  EXPECT_EQ(found.back()["end_offset"], "+01:00");
}

/// Of a Linac in Berlin that treats on while summer time ends.
class ClockListingTest : public ListingTest {
 protected:
  void SetUp() override {
    ListingTest::SetUp();
    store_->set_timezone("rccc", "Europe/Berlin");
    const store::LinacId linac = store_->linac("rccc", "9183");
    test::Feed agent(linac, 1);
    agent.connected();
    const auto sent = [&](unsigned from, unsigned to, const std::optional<test::Patient>& patient) {
      return test::sent_in(test::kBerlin, test::kSummerEnds - 10 * 60, from, to, patient);
    };
    constexpr unsigned kLast = 4 * 20 * 60;
    ASSERT_TRUE(commit(test::batch_of(agent, sent(0, kLast, test::Patient{"7", "A"}))));
    ASSERT_TRUE(commit(test::batch_of(agent, sent(kLast, kLast + 4, {}))));
    ASSERT_TRUE(commit(test::batch_of(agent, sent(kLast + 40, kLast + 44, {}))));
  }
  [[nodiscard]] Json record() const { return records({.site = "rccc"}).at(0); }
};

TEST_F(ClockListingTest, ARecordOverTheEndOfSummerTimeHasItsStartBeforeItsEnd) {
  const Json found = record();
  EXPECT_EQ(found["start"], "2026-10-25T02:50:00");
  EXPECT_EQ(found["start_utc"], "2026-10-25T00:50:00Z");
  EXPECT_EQ(found["start_offset"], "+02:00");
  EXPECT_EQ(found["end"], "2026-10-25T02:09:59");
  EXPECT_EQ(found["end_utc"], "2026-10-25T01:09:59Z");
  EXPECT_EQ(found["end_offset"], "+01:00");
  Json before = found["start_utc"];
  for (const Json& beam : found["beams"]) {
    EXPECT_LE(before, beam["start_utc"]);
    EXPECT_LE(beam["start_utc"], beam["end_utc"]);
    before = beam["end_utc"];
  }
  EXPECT_EQ(before, found["end_utc"]);
  std::ostringstream out;
  list_records(sources(), {.site = "rccc"}, false, out);
  EXPECT_THAT(out.str(),
              testing::HasSubstr("2026-10-25T02:50:00+02:00  2026-10-25T02:09:59+01:00"));
}

TEST_F(ClockListingTest, WhatIsStoredStaysWhateverTheSitesFileSaysLater) {
  const Json before = record();
  std::ostringstream gaps_before;
  list_gaps(sources(), {.serial = "9183"}, true, gaps_before);
  EXPECT_THAT(gaps_before.str(), testing::HasSubstr("\"from_offset\":\"+01:00\""));
  const std::string csv_before = exported(ExportFormat::csv, before["id"]);
  write_zone("rccc", "Australia/Sydney");
  EXPECT_EQ(record(), before);
  std::ostringstream gaps_after;
  list_gaps(sources(), {.serial = "9183"}, true, gaps_after);
  EXPECT_EQ(gaps_after.str(), gaps_before.str());
  EXPECT_EQ(exported(ExportFormat::csv, before["id"]), csv_before);
  EXPECT_EQ(lines(exported(ExportFormat::jsonl, before["id"])).back()["time_utc"],
            before["end_utc"]);
}

TEST_F(ClockListingTest, TheHistoryOfAClockIsListedTheNewestLast) {
  std::ostringstream out;
  list_clocks(sources(), {}, true, out);
  const auto found = lines(out.str());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(keys(found[0]),
            (std::vector<std::string>{"site", "linac", "number", "since", "ahead_of_utc_us",
                                      "ahead_of_zone_us", "zone", "since_utc", "since_offset"}));
  EXPECT_EQ(found[0]["site"], "rccc");
  EXPECT_EQ(found[0]["number"], 1);
  EXPECT_EQ(found[0]["since"], "2026-10-25T02:50:00");
  EXPECT_EQ(found[0]["since_utc"], "2026-10-25T00:50:00Z");
  EXPECT_EQ(found[0]["since_offset"], "+02:00");
  EXPECT_EQ(found[0]["zone"], "Europe/Berlin");
  EXPECT_NEAR(found[0]["ahead_of_utc_us"].get<double>(), 7'200e6, 5e5);
  EXPECT_NEAR(found[0]["ahead_of_zone_us"].get<double>(), 0, 5e5);
  EXPECT_EQ(found[1]["since_utc"], "2026-10-25T01:00:00Z");
  EXPECT_EQ(found[1]["since_offset"], "+01:00");
  EXPECT_NEAR(found[1]["ahead_of_zone_us"].get<double>(), 0, 5e5);
  out.str("");
  list_clocks(sources(), {.site = "rccc", .serial = "9183"}, false, out);
  EXPECT_THAT(out.str(), testing::HasSubstr("2026-10-25T01:00:00Z  2026-10-25T02:00:00+01:00"));
  EXPECT_THAT(out.str(), testing::HasSubstr("Europe/Berlin"));
  out.str("");
  list_clocks(sources(), {.site = "nbcc"}, true, out);
  EXPECT_EQ(out.str(), "");
}

TEST_F(ListingTest, TheNewestIsTheLastOfAllSites) {
  write_zone("nbcc", "Australia/Sydney");
  write_zone("berlin", "Europe/Berlin");
  const store::LinacId linac = store_->linac("berlin", "9183");
  ASSERT_TRUE(
      commit(test::Feed(linac, 1).frames(test::messages(0, 8, test::Patient{"7", "A"})).batch()));
  std::vector<std::string> sites;
  for (const Json& record : records({.with_undelivered = true})) sites.push_back(record["site"]);
  EXPECT_EQ(sites, (std::vector<std::string>{"nbcc", "nbcc", "berlin"}));
}

TEST_F(ListingTest, ColumnsStandApartHoweverLongTheirTexts) {
  const std::string serial(32, '7');
  const std::string site(32, 's');
  const store::LinacId linac = store_->linac(site, serial);
  ASSERT_TRUE(commit(test::Feed(linac, 1)
                         .frames(test::messages(0, 8, test::Patient{"7", "A"}) +
                                 test::messages(12, 16, test::Patient{"7", "A"}))
                         .batch()));
  for (const auto& list : std::vector<std::function<void(std::ostream&)>>{
           [&](std::ostream& out) {
             list_records(sources(), {.with_undelivered = true}, false, out);
           },
           [&](std::ostream& out) { list_ledger(folder(), {}, false, out); },
           [&](std::ostream& out) { list_gaps(sources(), {}, false, out); }}) {
    std::ostringstream out;
    list(out);
    EXPECT_THAT(out.str(), testing::HasSubstr(site + "  " + serial + "  "));
  }
}

TEST_F(ListingTest, ASiteOrLinacThatNobodyKnowsIsRefusedWithThoseThatThereAre) {
  write_zone("rccc", "Europe/Berlin");
  const auto refusal = [&](const readers::ReaderRequest& request) -> std::string {
    try {
      require_known(request, sources());
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_EQ(refusal({.site = "nbcc", .linac = "4299"}), "");
  EXPECT_EQ(refusal({.site = "rccc"}), "");  // registered, and nothing has come
  EXPECT_THAT(refusal({.site = "nbc"}), testing::HasSubstr("there is nbcc, rccc"));
  EXPECT_THAT(refusal({.linac = "4298"}), testing::HasSubstr("there is 4299"));
  EXPECT_THAT(refusal({.site = "rccc", .linac = "4299"}), testing::HasSubstr("none yet"));
}

TEST_F(ListingTest, TheLedgerIsAnObjectALinac) {
  std::ostringstream out;
  list_ledger(folder(), {}, true, out);
  const auto found = lines(out.str());
  ASSERT_EQ(found.size(), 1U);
  auto first_keys = keys(found[0]);
  first_keys.resize(7);
  EXPECT_EQ(first_keys, (std::vector<std::string>{"site", "linac", "received", "stored",
                                                  "duplicates", "conflicts", "gaps"}));
  EXPECT_EQ(found[0]["received"], 37);
  EXPECT_EQ(found[0]["gaps"], 1);
  EXPECT_EQ(found[0]["missing"], 3);
}

TEST_F(ListingTest, TheLedgerTellsTheMachineIdAndTheOtherOneThatCame) {
  test::Feed other(store_->linac("nbcc", "9183"), 1);
  ASSERT_TRUE(commit(other.frames(test::messages(0, 3)).batch()));  // of machine 4299
  std::ostringstream out;
  list_ledger(folder(), {}, true, out);
  const auto found = lines(out.str());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["machine_id"], "4299");
  EXPECT_TRUE(found[0]["other_machine_id"].is_null());
  EXPECT_EQ(found[0]["other_machine_frames"], 0);
  EXPECT_TRUE(found[1]["machine_id"].is_null());
  EXPECT_EQ(found[1]["other_machine_id"], "4299");
  EXPECT_EQ(found[1]["other_machine_frames"], 3);
}

TEST_F(ListingTest, AHoleIsToldAsWhatItIsInTheLedgerTheGapsAndTheRecordThatLacksIt) {
  const store::LinacId linac = store_->linac("nbcc", "9183");
  test::Feed agent(linac, 1);
  const ByteVector hole =
      encode_hole({.frames = 6, .frames_with_patient = 5, .reason = "disk_full"});
  agent.frames(test::idle(0, 4) + test::delivery(4, 12, {"1", "A"}));
  agent.event(EntryKind::hole, hole);
  agent.frames(test::delivery(18, 24, {"1", "A"}) + test::idle(24, 26));
  ASSERT_TRUE(commit(agent.batch()));

  std::ostringstream out;
  list_ledger(folder(), {.serial = "9183", .since = {}}, true, out);
  const Json row = lines(out.str()).at(0);
  EXPECT_EQ(row["given_up"], 6);
  EXPECT_EQ(row["given_up_with_patient"], 5);
  EXPECT_EQ(row["given_up_reasons"], "disk_full");

  out.str("");
  list_gaps(sources(), {.serial = "9183", .since = {}}, true, out);
  ASSERT_EQ(lines(out.str()).size(), 1U);
  Json gap = lines(out.str())[0];
  EXPECT_EQ(keys(gap), (std::vector<std::string>{
                           "site", "linac", "from", "from_counter", "to", "to_counter", "kind",
                           "missing", "missing_estimate", "given_up", "given_up_with_patient",
                           "reason", "from_utc", "from_offset", "to_utc", "to_offset"}));
  EXPECT_EQ(gap["kind"], "hole");
  EXPECT_EQ(gap["from_counter"], 11);
  EXPECT_EQ(gap["to_counter"], 18);
  EXPECT_EQ(gap["missing"], 6);
  EXPECT_EQ(gap["given_up"], 6);
  EXPECT_EQ(gap["given_up_with_patient"], 5);
  EXPECT_EQ(gap["reason"], "disk_full");

  const auto found = records({.serial = "9183"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["complete"], false);
  ASSERT_EQ(found[0]["gap_list"].size(), 1U);
  gap.erase("site");
  gap.erase("linac");
  EXPECT_EQ(found[0]["gap_list"][0], gap);
  EXPECT_TRUE(records({.serial = "4299"})[0]["gap_list"].empty());
}

TEST_F(ListingTest, GapsAreListedFromATimeOnAndForPeopleToo) {
  std::ostringstream out;
  list_gaps(sources(), {}, true, out);
  ASSERT_EQ(lines(out.str()).size(), 1U);
  EXPECT_TRUE(lines(out.str())[0]["reason"].is_null());
  const std::int64_t end = identify(test::idle(33, 34)[0])->time;
  out.str("");
  list_gaps(sources(), {.serial = {}, .since = end + 1}, true, out);
  EXPECT_TRUE(out.str().empty());
  list_gaps(sources(), {.serial = {}, .since = end}, false, out);
  EXPECT_NE(out.str().find("counter"), std::string::npos) << out.str();
}

TEST_F(ListingTest, TheLedgerFrameByFrameIsInOrder) {
  std::ostringstream out;
  std::ostringstream problems;
  EXPECT_TRUE(list_frames(folder(), {}, out, problems));
  EXPECT_EQ(problems.str(), "");
  std::istringstream in(out.str());
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  std::ostringstream expected;
  expected << "2026-03-0208:00:00\t0\t" << std::hex << std::setw(16) << std::setfill('0')
           << identify(test::idle(0, 1)[0])->hash;
  EXPECT_EQ(line, expected.str());
  int more = 0;
  while (std::getline(in, line)) {
    ++more;
  }
  EXPECT_EQ(more, 36);
}

TEST_F(ListingTest, TheLedgerFrameByFrameGoesOnWithTheNextLinacAfterADamagedOne) {
  const store::LinacId other = known_linac("9183");
  ASSERT_TRUE(commit(test::Feed(other, 7).frames(delivery_).batch()));
  {
    store::Database database(folder() / "icom.db", store::Database::Access::read_write);
    database.execute("UPDATE tail SET data = substr(data, 1, length(data) / 2) WHERE linac = 1");
  }
  std::ostringstream out;
  std::ostringstream problems;
  EXPECT_FALSE(list_frames(folder(), {}, out, problems));
  EXPECT_THAT(problems.str(), testing::StartsWith("icom-gateway: nbcc: Linac 4299: the tail: "));
  EXPECT_EQ(std::ranges::count(problems.str(), '\n'), 1);
  std::ostringstream of_other;
  ASSERT_TRUE(list_frames(folder(), {.serial = "9183"}, of_other, problems));
  EXPECT_THAT(of_other.str(), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(out.str(), testing::EndsWith(of_other.str()));
}

TEST_F(ListingTest, XzHoldsTheRawFrames) {
  const std::string file = exported(ExportFormat::xz);
  ByteVector plain(1U << 20U);
  std::uint64_t limit = UINT64_MAX;
  std::size_t in = 0;
  std::size_t size = 0;
  ASSERT_EQ(lzma_stream_buffer_decode(
                &limit, 0, nullptr, reinterpret_cast<const std::uint8_t*>(file.data()), &in,
                file.size(), reinterpret_cast<std::uint8_t*>(plain.data()), &size, plain.size()),
            LZMA_OK);
  plain.resize(size);
  ByteVector expected;
  for (const ByteVector& frame : delivery_) {
    append(expected, frame);
  }
  EXPECT_EQ(plain, expected);
}

TEST_F(ListingTest, CsvHasARowAFrameAndAColumnAValue) {
  std::istringstream in(exported(ExportFormat::csv));
  std::string header;
  ASSERT_TRUE(std::getline(in, header));
  EXPECT_TRUE(
      header.starts_with("time,counter,epoch,conflict,received,time_utc,time_offset,patient_name,"
                         "patient_id"))
      << header;
  EXPECT_NE(header.find(",delivery_mu"), std::string::npos);
  EXPECT_NE(header.find(",asymy_r_1,asymy_r_2,mlcx_r_1,"), std::string::npos);
  EXPECT_NE(header.find(",mlcx_r_160"), std::string::npos);
  std::string row;
  ASSERT_TRUE(std::getline(in, row));
  EXPECT_TRUE(row.starts_with("2026-03-02T08:00:01,4,1,0,")) << row;
  EXPECT_NE(row.find("\"M\xC3\x9CLLER, J\xC3\xB6rg\",100234"), std::string::npos) << row;
  EXPECT_EQ(std::count(header.begin(), header.end(), ','),
            std::count(row.begin(), row.end(), ',') - 1);  // the one in the name
  int rows = 1;
  while (std::getline(in, row)) {
    ++rows;
  }
  EXPECT_EQ(rows, 20);
}

TEST_F(ListingTest, JsonLinesTellEverything) {
  const auto frames = lines(exported(ExportFormat::jsonl));
  ASSERT_EQ(frames.size(), 20U);
  const Json& frame = frames[3];
  EXPECT_EQ(frame["counter"], 7);
  EXPECT_EQ(frame["values"]["delivery_mu"], 3.0);
  EXPECT_EQ(frame["positions"].size(), 2U);
  EXPECT_EQ(frame["positions"][1]["label"], "MLCX");
  EXPECT_EQ(frame["positions"][1]["cm"].size(), 160U);
  EXPECT_EQ(frame["bytes_not_understood"], 0);
}

TEST_F(ListingTest, ARecordThatIsNotThereIsAClearError) {
  std::ostringstream out;
  try {
    const ExportedRecord none(sources(), 99);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("no record 99"), std::string::npos);
  }
  EXPECT_THROW(list_records({temporary_.path() / "none", {}}, {}, true, out), std::runtime_error);
}

}  // namespace
}  // namespace icom::cli
