#include "common/config/size_text.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace icom::config {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 11> kUnits{{
    {"", 1},
    {"B", 1},
    {"kB", 1'000},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", 1ULL << 10U},
    {"MiB", 1ULL << 20U},
    {"GiB", 1ULL << 30U},
    {"TiB", 1ULL << 40U},
}};

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [number_end, error] = std::from_chars(text.data(), text_end, number);
  if (error != std::errc{}) return std::nullopt;
  std::string_view unit(number_end, static_cast<std::size_t>(text_end - number_end));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, bytes] : kUnits) {
    if (unit != name) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / bytes) return std::nullopt;
    return number * bytes;
  }
  return std::nullopt;
}

}  // namespace icom::config
