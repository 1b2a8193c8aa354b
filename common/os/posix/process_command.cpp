#include <fstream>

#include "common/os/process_command.hpp"

namespace icom::os {

std::vector<std::string> process_command(std::int64_t process) {
  std::vector<std::string> command;
  std::ifstream file("/proc/" + std::to_string(process) + "/cmdline", std::ios::binary);
  for (std::string word; std::getline(file, word, '\0');) command.push_back(word);
  return command;
}

}  // namespace icom::os
