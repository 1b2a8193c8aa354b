#include "tests/simulator/options.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace icom::simulator {
namespace {

using namespace std::chrono_literals;

ParsedOptions parse(std::vector<const char*> more) {
  std::vector<const char*> arguments{"linac-simulator", "--port", "0", "--serial", "4299"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, DefaultsAreAnEverydayLinac) {
  const Options options = parse({}).options.value();
  EXPECT_EQ(options.stream.serial, "4299");
  EXPECT_EQ(options.stream.day.hz, 4);
  EXPECT_EQ(options.speed, 1);
  EXPECT_EQ(options.address, "127.0.0.1");
  EXPECT_EQ(options.stream.start, parse_linac_time("2026-03-02 08:00:00").value());
  EXPECT_FALSE(options.stream.day.beam_frames);
  EXPECT_EQ(options.stream.length.convention(), LengthField::Convention::whole);
}

TEST(Options, FaultsAreTakenByRateAndByFrame) {
  const Options options =
      parse({"--duplicate-every", "10", "--at", "37:reset", "--at", "38:no-items",
             "--clock-jump-at", "5:-60", "--clock-jump-at", "6:10"})
          .options.value();
  EXPECT_TRUE(options.stream.faults.due(Fault::duplicate, 20));
  EXPECT_TRUE(options.stream.faults.due(Fault::reset, 37));
  EXPECT_FALSE(options.stream.faults.due(Fault::reset, 74));
  EXPECT_TRUE(options.stream.faults.due(Fault::no_items, 38));
  EXPECT_EQ(options.stream.faults.jump_before(5), -60s);
  EXPECT_EQ(options.stream.faults.jump_before(6), 10s);
}

TEST(Options, WrongUsageEndsWithTwo) {
  const std::vector<std::vector<const char*>> wrong{{"--nothing-such"},
                                                    {"--hz", "0"},
                                                    {"--hz", "251"},
                                                    {"--speed", "0"},
                                                    {"--start", "yesterday"},
                                                    {"--length", "half"},
                                                    {"--at", "reset"},
                                                    {"--at", "0:reset"},
                                                    {"--at", "5:explode"},
                                                    {"--at", "5x:reset"},
                                                    {"--clock-jump-at", "5"},
                                                    {"--clock-jump-at", "5:1h"},
                                                    {"--address", "localhost"},
                                                    {"--exit-when-done"},
                                                    {"--beam-frames", "0"},
                                                    {"--junk-bytes", "0"},
                                                    {"--first-counter", "256"},
                                                    {"--replay", "-1"}};
  for (const auto& arguments : wrong) {
    testing::internal::CaptureStderr();
    const ParsedOptions parsed = parse(arguments);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_FALSE(parsed.options) << arguments[0];
    EXPECT_EQ(parsed.exit_code, 2) << arguments[0];
    EXPECT_NE(said.find(arguments[0]), std::string::npos) << said;
  }
}

TEST(Options, HelpEndsWithZero) {
  testing::internal::CaptureStdout();
  const ParsedOptions parsed = parse({"--help"});
  EXPECT_NE(testing::internal::GetCapturedStdout().find("--truncate-every"), std::string::npos);
  EXPECT_FALSE(parsed.options);
  EXPECT_EQ(parsed.exit_code, 0);
}

}  // namespace
}  // namespace icom::simulator
