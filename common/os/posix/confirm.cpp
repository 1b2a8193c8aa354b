#include <unistd.h>

#include <iostream>
#include <string>

#include "common/os/confirm.hpp"

namespace icom::os {

bool confirmed(std::string_view question) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace icom::os
