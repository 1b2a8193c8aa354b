#include "tests/simulator/ledger.hpp"

#include <gtest/gtest.h>

#include "common/icom/frame_identity.hpp"
#include "tests/unit/simulator/scratch_folder.hpp"

namespace icom::simulator {
namespace {

using namespace std::chrono_literals;

const WallTime kWhen{1'772'400'000'123'456us};

Message message(std::string_view text, MessageKind kind) {
  auto payload = std::make_shared<Payload>();
  append(payload->bytes, as_bytes(text));
  payload->hash = content_hash(payload->bytes);
  if (kind != MessageKind::junk) {
    payload->linac_time = "2026-03-0208:00:00";
    payload->counter = 200;
    payload->has_patient = true;
  }
  return {kind, payload, text.size()};
}

class LedgerTest : public testing::Test {
 protected:
  // What stands below the two lines of the head.
  std::vector<std::string> entries() {
    ledger_.flush();
    auto lines = lines_of(folder_ / "ledger");
    lines.erase(lines.begin(), lines.begin() + 2);
    return lines;
  }

  ScratchFolder folder_;
  Ledger ledger_{folder_ / "ledger", "4299"};
};

TEST_F(LedgerTest, SentMessageIsALineOfEightColumns) {
  ledger_.sent(1, kWhen, message("abc", MessageKind::frame));
  // XXH3-64 of "abc", from the reference implementation's own tool.
  EXPECT_EQ(entries(),
            std::vector<std::string>{
                "1\t1772400000123456\t2026-03-0208:00:00\t200\t78af5f94892f3950\t3\t1\tframe"});
}

TEST_F(LedgerTest, JunkHasNeitherTimeNorCounter) {
  ledger_.sent(2, kWhen, message("abc", MessageKind::junk));
  EXPECT_EQ(entries(),
            std::vector<std::string>{"2\t1772400000123456\t-\t-\t78af5f94892f3950\t3\t0\tjunk"});
}

TEST_F(LedgerTest, PartialLineIsAboutTheBytesHandedOver) {
  ledger_.cut_short(1, kWhen, message("abcdef", MessageKind::duplicate), 3);
  EXPECT_EQ(entries(),
            std::vector<std::string>{
                "1\t1772400000123456\t2026-03-0208:00:00\t200\t78af5f94892f3950\t3\t1\tpartial"});
}

TEST_F(LedgerTest, FragmentSentOnPurposeIsAPartialToo) {
  Message fragment = message("abcdef", MessageKind::partial);
  fragment.size = 3;
  ledger_.sent(1, kWhen, fragment);
  EXPECT_EQ(entries().at(0),
            "1\t1772400000123456\t2026-03-0208:00:00\t200\t78af5f94892f3950\t3\t1\tpartial");
}

TEST_F(LedgerTest, WhatIsNoMessageIsAComment) {
  ledger_.connected(1, kWhen);
  ledger_.skipped(*message("abc", MessageKind::frame).payload);
  ledger_.disconnected(1, kWhen, "reset", 99);
  EXPECT_EQ(entries(),
            (std::vector<std::string>{"# connected\t1\t1772400000123456",
                                      "# skipped\t2026-03-0208:00:00\t200\t78af5f94892f3950\t3\t1",
                                      "# disconnected\t1\t1772400000123456\treset\t99"}));
}

TEST_F(LedgerTest, HeadNamesTheColumns) {
  const auto lines = lines_of(folder_ / "ledger");
  EXPECT_EQ(lines.at(0), "# linac-simulator ledger 1, serial 4299");
  EXPECT_EQ(lines.at(1), "# client\twall_us\tlinac_time\tcounter\txxh3_64\tsize\tpatient\tkind");
}

TEST_F(LedgerTest, EveryKindHasItsName) {
  const std::vector<std::pair<MessageKind, std::string>> kinds{
      {MessageKind::frame, "frame"},       {MessageKind::duplicate, "duplicate"},
      {MessageKind::conflict, "conflict"}, {MessageKind::replay, "replay"},
      {MessageKind::junk, "junk"},         {MessageKind::partial, "partial"}};
  for (const auto& [kind, name] : kinds) ledger_.sent(1, kWhen, message("abc", kind));
  const auto lines = entries();
  for (std::size_t i = 0; i < kinds.size(); ++i)
    EXPECT_TRUE(lines.at(i).ends_with('\t' + kinds[i].second)) << lines[i];
}

TEST(Ledger, OneThatCannotBeWrittenIsAnError) {
  EXPECT_THROW(Ledger("/nonexistent/ledger", "1"), std::system_error);
}

TEST(Ledger, OneOnAFullDiskSaysThatItIsNotComplete) {
  Ledger ledger("/dev/full", "1");
  ledger.sent(1, kWhen, message("abc", MessageKind::frame));
  ledger.flush();
  EXPECT_FALSE(ledger.good());
}

TEST(Ledger, WithoutAFileNothingIsKept) {
  Ledger ledger;
  ledger.sent(1, kWhen, message("abc", MessageKind::frame));
  ledger.flush();
  EXPECT_TRUE(ledger.good());
}

}  // namespace
}  // namespace icom::simulator
