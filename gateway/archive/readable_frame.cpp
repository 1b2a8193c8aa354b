#include "gateway/archive/readable_frame.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string_view>
#include <system_error>

#include "common/icom/frame_identity.hpp"

namespace icom::archive {

namespace {

using namespace std::string_view_literals;

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// What PyMedPhys lets a value consist of; anything else ends it.
bool is_of_value(char letter) {
  return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         ",-'\" ."sv.find(letter) != std::string_view::npos;
}

// The length of an item at `at`: any byte that is no line feed, and three of zero.
bool length_stands_at(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] != '\n' && text.substr(at + 1, 3) == "\0\0\0"sv;
}

bool reads_as_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  text.remove_suffix(text.size() - std::min(text.find_last_not_of(' ') + 1, text.size()));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
}

// Whether the first value behind `key` (element, VR, part) that is not `-32767` is a number.
bool has_number(std::string_view text, std::string_view key) {
  constexpr std::string_view kGroups = "0\0pP"sv;  // their high byte
  constexpr std::size_t kLength = 4;
  for (std::size_t at = text.find(key, 1); at != std::string_view::npos;
       at = text.find(key, at + 1)) {
    if (kGroups.find(text[at - 1]) == std::string_view::npos ||
        !length_stands_at(text, at + key.size())) {
      continue;
    }
    const std::string_view rest = text.substr(at + key.size() + kLength);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_of_value);
    const std::string_view value(rest.begin(), end);
    if (!value.empty() && value != "-32767") {
      return reads_as_number(value);
    }
  }
  return false;
}

// Size of a `-?\d+\.\d+` at the beginning of `text`; 0 if there is none.
std::size_t position_size(std::string_view text) {
  const auto digits_from = [text](std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
  };
  const std::size_t whole = text.starts_with('-') ? 1 : 0;
  const std::size_t point = digits_from(whole);
  if (point == whole || point >= text.size() || text[point] != '.') {
    return 0;
  }
  const std::size_t end = digits_from(point + 1);
  return end > point + 1 ? end : 0;
}

// Whether a block of `count` positions follows a label. PyMedPhys takes the low byte of each next
// item's group for a line feed between them.
bool has_positions(std::string_view text, std::string_view label, std::size_t count) {
  constexpr std::string_view kLabel = "0\xB8\0DS\0R"sv;
  constexpr std::string_view kPosition =
      "0\x1C\x01"
      "DS\0R"sv;
  constexpr std::size_t kLength = 4;
  const auto block_at = [&](std::size_t at) {
    if (!length_stands_at(text, at) || text.substr(at + kLength, label.size()) != label) {
      return false;
    }
    at += kLength + label.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (at >= text.size() || text[at] != '\n' ||
          text.substr(at + 1, kPosition.size()) != kPosition ||
          !length_stands_at(text, at + 1 + kPosition.size())) {
        return false;
      }
      at += 1 + kPosition.size() + kLength;
      const std::size_t size = position_size(text.substr(std::min(at, text.size())));
      if (size == 0) {
        return false;
      }
      at += size;
    }
    return true;
  };
  for (std::size_t at = text.find(kLabel); at != std::string_view::npos;
       at = text.find(kLabel, at + 1)) {
    if (block_at(at + kLabel.size())) {
      return true;
    }
  }
  return false;
}

// PyMedPhys cuts a record at each date, wherever it stands.
bool holds_another_date(Bytes frame) {
  for (std::size_t at = kDateOffset + kDateSize; at + kDateSize <= frame.size(); ++at) {
    if (is_date_anchor(frame.data() + at)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool reads_as_delivery(Bytes frame) {
  constexpr std::size_t kLeaves = 160;
  constexpr std::size_t kJaws = 2;
  const std::string_view text = as_text(frame);
  return has_number(text, "\x32\0DS\0R"sv) &&  // Delivery MU
         has_number(text,
                    "\x1E\x01"
                    "DS\0R"sv) &&  // gantry
         has_number(text,
                    "\x20\x01"
                    "DS\0R"sv) &&  // collimator
         has_positions(text, "MLCX", kLeaves) &&
         has_positions(text, "ASYMY", kJaws) && !holds_another_date(frame);
}

bool reads_as_time(std::int64_t seconds) {
  using namespace std::chrono;
  constexpr sys_seconds kFrom = sys_days(year(1678) / January / 1);
  constexpr sys_seconds kTo = sys_days(year(2262) / January / 1);
  const sys_seconds time{std::chrono::seconds(seconds)};
  return time >= kFrom && time < kTo;
}

}  // namespace icom::archive
