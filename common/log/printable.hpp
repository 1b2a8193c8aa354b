// Text of somebody else made fit for a log line or a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace icom::log {

/// The most of a peer's sentence that is shown: our own, the longest of which says who used an
/// enrolment file, when, and what to do, fit in.
inline constexpr std::size_t kSentence = 600;

/// At most `most` characters of `text`, control characters and bytes outside ASCII shown as `?`;
/// `...` tells that there was more. Keeps a peer from forging lines, colouring terminals and
/// filling disks. Not for text that may hold a patient's name: such text is not logged at all.
inline std::string printable(std::string_view text, std::size_t most = 60) {
  std::string result(text.substr(0, most));
  for (char& c : result) {
    if (c < ' ' || c > '~') c = '?';
  }
  if (text.size() > most) result += "...";
  return result;
}

}  // namespace icom::log
