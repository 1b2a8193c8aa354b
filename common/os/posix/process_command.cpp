#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "common/os/process_command.hpp"

namespace icom::os {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// It has a second number, in a namespace of its own.
bool is_contained(const std::filesystem::path& process) {
  std::ifstream status(process / "status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("NSpid:")) continue;
    std::istringstream numbers(line.substr(line.find(':') + 1));
    std::string first;
    std::string second;
    return static_cast<bool>(numbers >> first >> second);
  }
  return false;
}

}  // namespace

std::vector<std::string> process_command(std::int64_t process) {
  std::vector<std::string> command;
  std::ifstream file("/proc/" + std::to_string(process) + "/cmdline", std::ios::binary);
  for (std::string word; std::getline(file, word, '\0');) command.push_back(word);
  return command;
}

std::filesystem::path process_folder(ProcessNumber process) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/cwd", error);
}

std::vector<std::int64_t> processes() {
  std::vector<std::int64_t> all;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (std::ranges::all_of(name, is_digit) && !is_contained(at->path())) {
      all.push_back(std::stoll(name));
    }
  }
  return all;
}

}  // namespace icom::os
