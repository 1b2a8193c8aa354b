#include "gateway/cli/shown_text.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/text/control.hpp"

namespace icom::cli {

namespace {

bool is_utf8(std::string_view text) {
  // The JSON library checks this when it writes; its answer is the one that counts.
  try {
    (void)nlohmann::json(std::string(text)).dump();
    return true;
  } catch (const nlohmann::json::type_error&) {
    return false;
  }
}

}  // namespace

std::string to_utf8(std::string_view raw) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(raw.begin(), raw.end(), is_ascii) || is_utf8(raw)) {
    return std::string(raw);
  }
  std::string text;
  for (const char c : raw) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0U | (code >> 6U));
      text += static_cast<char>(0x80U | (code & 0x3FU));
    }
  }
  return text;
}

std::string to_terminal(std::string_view raw) {
  return text::without_controls(to_utf8(raw));
}

std::string to_csv(std::string_view raw) {
  std::string text = to_utf8(raw);
  if (text.find_first_of("\",\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') {
      quoted += c;
    }
  }
  return quoted + '"';
}

double rounded(double value) {
  constexpr double kMillion = 1e6;
  return std::round(value * kMillion) / kMillion;
}

}  // namespace icom::cli
