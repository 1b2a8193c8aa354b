#include "gateway/cli/frame_csv.hpp"

#include <gtest/gtest.h>

namespace icom::cli {
namespace {

const store::FrameKey kKey{.place = {.epoch = 1, .time = 0, .sub = 0, .arrival = 1}};
const ZonedTime kTime{0, -3'600};
constexpr std::string_view kHead =
    "1970-01-01T00:00:00,0,1,0,1970-01-01T00:00:00.000000Z,1970-01-01T01:00:00Z,-01:00";

TEST(FrameCsv, EachValueStandsInItsColumn) {
  FrameValues first;
  first.positions = {{"MLCX", 'R', {1.0, std::nullopt}}, {"ASYMY", 'R', {5.5}}};
  first.unknown = {{0x3001, 0x2000, "LO", 'P', "b"},
                   {0x3001, 0x1000, "LO", 'P', "a"},
                   {0x3001, 0x2000, "LO", 'P', "c,"}};
  FrameValues second;
  second.positions = {{"MLCX", 'R', {7.0, 8.0, 9.0}}, {"MLCX", 'R', {0.0}}};
  second.unknown = {{0x3001, 0x1500, "LO", 'P', "d"}};
  CsvColumns columns;
  columns.add(first);
  columns.add(second);
  EXPECT_EQ(columns.header(),
            "time,counter,epoch,conflict,received,time_utc,time_offset,asymy_r_1,mlcx_r_1,mlcx_r_2,"
            "mlcx_r_3,"
            "\"3001,1000 LO P\",\"3001,1500 LO P\",\"3001,2000 LO P\"");
  EXPECT_EQ(columns.row(kKey, kTime, first), std::string(kHead) + ",5.5,1,,,a,,\"b; c,\"");
  EXPECT_EQ(columns.row(kKey, kTime, second), std::string(kHead) + ",,7,8,9,,d,");
  EXPECT_TRUE(columns.row(kKey, ZonedTime{0}, second).ends_with("Z,,,,7,8,9,,d,"));
}

// Looking for each column among all items would take hours here.
TEST(FrameCsv, AFrameOfTensOfThousandsOfTagsAndBlocksTakesOneLookEach) {
  constexpr unsigned kMany = 80'000;
  FrameValues values;
  for (unsigned i = 0; i < kMany; ++i) {
    values.unknown.push_back({static_cast<std::uint16_t>(0x5000U + (i >> 16U)),
                              static_cast<std::uint16_t>(i), "UT", 'R', "v"});
    values.positions.push_back({"L" + std::to_string(i), 'R', {1.0}});
  }
  CsvColumns columns;
  columns.add(values);
  const std::string row = columns.row(kKey, kTime, values);
  EXPECT_EQ(row.size(), kHead.size() + kMany * 4);
}

}  // namespace
}  // namespace icom::cli
