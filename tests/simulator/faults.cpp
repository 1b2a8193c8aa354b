#include "tests/simulator/faults.hpp"

namespace icom::simulator {
namespace {

constexpr std::array<std::string_view, kFaults> kNames{"duplicate", "conflict", "skip",    "junk",
                                                       "fragment",  "pause",    "close",   "reset",
                                                       "truncate",  "no-items", "overrun", "big"};

}  // namespace

std::string_view name_of(Fault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

std::optional<Fault> fault_named(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

bool FaultSchedule::due(Fault fault, std::uint64_t frame) const {
  const std::uint64_t period = every_[static_cast<std::size_t>(fault)];
  return (period != 0 && frame % period == 0) || at_.contains({fault, frame});
}

std::chrono::seconds FaultSchedule::jump_before(std::uint64_t frame) const {
  std::chrono::seconds total{0};
  for (const auto& jump : jumps_) {
    if (jump.frame == frame) total += jump.by;
  }
  return total;
}

}  // namespace icom::simulator
