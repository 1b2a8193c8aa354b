// What the gateway answers, kept until all of it has come.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>

#include "common/icom/bytes.hpp"
#include "common/os/file_system.hpp"

namespace icom::readers {

/// Printed only then: a pager, or a slow pipe, on this command's output would otherwise hold up the
/// gateway's end, which has a snapshot of the store. In memory as long as it is small, then in a
/// file without a name. For one thread.
class AnswerSpool {
 public:
  /// `folder`: where that file is made.
  explicit AnswerSpool(std::filesystem::path folder) : folder_(std::move(folder)) {}

  static constexpr std::size_t kMostInMemory = std::size_t{4} << 20U;
  static constexpr std::uint64_t kMostInAll = std::uint64_t{4} << 30U;

  /// Throws std::runtime_error, saying what to do, where there is no room for it.
  void add(Bytes content);
  /// All of it, until `out` takes no more. Throws std::runtime_error where it cannot be read back.
  void print(std::ostream& out);

 private:
  void move_to_file();

  const std::filesystem::path folder_;
  std::uint64_t bytes_ = 0;
  std::string waiting_;  ///< what is not in the file
  std::unique_ptr<os::File> file_;
};

}  // namespace icom::readers
