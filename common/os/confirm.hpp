// A question to the person at the terminal.
#pragma once

#include <string_view>

namespace icom::os {

/// Asks on stderr, takes an answer from the terminal: true for `y` or `yes`. False at once where
/// stdin is no terminal: a script has nobody who would answer.
bool confirmed(std::string_view question);

}  // namespace icom::os
