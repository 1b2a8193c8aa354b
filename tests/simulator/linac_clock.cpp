#include "tests/simulator/linac_clock.hpp"

#include <array>
#include <cstdio>

namespace icom::simulator {

using namespace std::chrono_literals;

LinacClock::LinacClock(std::chrono::local_seconds start, int hz, std::uint8_t first_counter)
    : start_(start), hz_(hz), counter_(first_counter) {}

LinacClock::Stamp LinacClock::tick() {
  const std::chrono::microseconds since_start{frames_++ * 1'000'000 / hz_};
  const auto now =
      std::chrono::floor<std::chrono::seconds>(start_ + since_start + passed_) + set_by_;
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{now - day};
  // Years outside 0..9999 would not fit the wire's four digits.
  std::array<char, 32> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04u-%02u-%02u%02u:%02u:%02u",
      static_cast<unsigned>(static_cast<int>(date.year())) % 10000U,
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<unsigned>(time.hours().count()), static_cast<unsigned>(time.minutes().count()),
      static_cast<unsigned>(time.seconds().count()));
  return {std::string(text.data(), static_cast<std::size_t>(size)), counter_++};
}

std::optional<std::chrono::local_seconds> parse_linac_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-dd dd:dd:dd";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !digit : text[i] != kShape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + digits; ++i)
      value = value * 10 + static_cast<unsigned>(text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(number(0, 4))},
                                         std::chrono::month{number(5, 2)},
                                         std::chrono::day{number(8, 2)}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59)
    return std::nullopt;
  return std::chrono::local_days{date} + std::chrono::hours{number(11, 2)} +
         std::chrono::minutes{number(14, 2)} + std::chrono::seconds{number(17, 2)};
}

}  // namespace icom::simulator
