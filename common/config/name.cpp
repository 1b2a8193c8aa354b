#include "common/config/name.hpp"

#include <algorithm>

namespace icom::config {

std::optional<std::string> parse_name(const std::string& text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (text.empty() || text.size() > 32 || !std::ranges::all_of(text, letter)) return std::nullopt;
  return text;
}

}  // namespace icom::config
