// One log line for a trouble that comes back with every attempt.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/log/rate_limit.hpp"

namespace icom::log {

/// Lets a text through when it differs from the one before, and the same text once in a while. Not
/// thread-safe.
class RepeatedLine {
 public:
  static constexpr std::chrono::minutes kSameAgain{5};

  explicit RepeatedLine(std::chrono::minutes same_again = kSameAgain)
      : same_again_(same_again), same_(1, same_again) {}

  /// Nothing if `text` is to be left out; otherwise how often it was left out since it was last let
  /// through.
  std::optional<std::uint64_t> admit(std::string_view text, RateLimit::Clock::time_point now) {
    if (text != text_) {
      text_ = text;
      same_ = RateLimit(1, same_again_);
    }
    return same_.admit(now);
  }
  /// The trouble is over: the next one is news, even if it is the same.
  void forget() { text_.clear(); }

 private:
  std::string text_;
  std::chrono::minutes same_again_;
  RateLimit same_;
};

}  // namespace icom::log
