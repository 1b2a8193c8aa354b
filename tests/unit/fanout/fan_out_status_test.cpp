#include "agent/fanout/fan_out_status.hpp"

#include <gtest/gtest.h>

namespace icom::fanout {
namespace {

TEST(FanOutStatusFile, GivesBackWhatWasWritten) {
  FanOutStatus status;
  status.site = "nbcc";
  status.version = "1.2.3";
  status.pid = 77;
  status.written_us = 1'772'400'000'123'456;
  status.ports.push_back({.serial = "4299",
                          .listen = "127.0.0.1:17060",
                          .listening = true,
                          .problem = "",
                          .clients = 2,
                          .clients_total = 7,
                          .cut_off = 1,
                          .refused = 3,
                          .sent_bytes = std::uint64_t{1} << 40U,
                          .frames = 9});
  status.ports.push_back({.serial = "9183", .listen = "[::1]:17061", .problem = "in use"});
  EXPECT_EQ(fan_out_status_from_json(to_json(status)), status);
}

TEST(FanOutStatusFile, AnythingElseIsNone) {
  for (const char* text : {"", "{", "[]", "{}", R"({"site": 1, "ports": []})", R"({"site": "x"})",
                           R"({"site": "x", "ports": [{}]})"}) {
    EXPECT_EQ(fan_out_status_from_json(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace icom::fanout
