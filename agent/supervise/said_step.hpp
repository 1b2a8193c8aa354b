// How a command tells of its steps: a word, then what.
#pragma once

#include <iostream>
#include <string>

namespace icom::supervise {

/// At once, so that an operator sees what a step that takes long comes after.
inline void say_step(const std::string& word, const std::string& text) {
  constexpr std::size_t kColumn = 6;
  std::cout << word << std::string(word.size() < kColumn ? kColumn - word.size() : 1, ' ') << text
            << '\n'
            << std::flush;
}

}  // namespace icom::supervise
