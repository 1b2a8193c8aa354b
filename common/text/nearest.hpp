// What a misspelt word may have been meant to be.
#pragma once

#include <cstddef>
#include <string_view>

namespace icom::text {

/// How many letters must be inserted, left out or replaced to get from one word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// Of `words` the one that is nearest to `misspelt`; null if none is near enough to be meant.
template <typename Words>
auto nearest(const Words& words, std::string_view misspelt) -> decltype(&*words.begin()) {
  decltype(&*words.begin()) best = nullptr;
  std::size_t distance = misspelt.size() / 3 + 2;
  for (const auto& word : words) {
    const std::size_t edits = edit_distance(misspelt, word);
    if (edits < distance) {
      distance = edits;
      best = &word;
    }
  }
  return best;
}

}  // namespace icom::text
