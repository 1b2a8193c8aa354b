#include <fstream>
#include <string>

#include "common/os/disk_wait.hpp"

namespace icom::os {

bool waits_for_disk(std::int64_t process) {
  // `4711 (icom-forward) D …`: the name is the program's own choice, and may hold anything.
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_ends = line.rfind(')');
  constexpr char kUninterruptible = 'D';
  return name_ends != std::string::npos && name_ends + 2 < line.size() &&
         line[name_ends + 2] == kUninterruptible;
}

}  // namespace icom::os
