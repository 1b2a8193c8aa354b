// Values are padded to an even length, as DICOM does it.
#pragma once

#include <string_view>

namespace icom {

/// The text without the spaces and NUL characters around it; empty if there is nothing else.
/// Borrows from it.
inline std::string_view without_padding(std::string_view text) {
  constexpr std::string_view kPadding(" \0", 2);
  const auto first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kPadding) + 1 - first);
}

}  // namespace icom
