// This very program, once more, for one piece of work that is to have a process of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/os/handle.hpp"

namespace icom::os {

/// For one thread. Whoever lets it go ends the child.
class ChildProgram {
 public:
  /// With these arguments. `stream` becomes its standard input and output; of what else is open
  /// here it has the standard error alone. Throws std::system_error.
  ChildProgram(const std::vector<std::string>& arguments, NativeSocket stream);
  /// Kills it, unless it has ended. Does not wait for one that the kernel does not let go of.
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  /// Never waits.
  [[nodiscard]] bool has_ended();

 private:
  std::int64_t process_ = 0;
};

/// For such a child. More memory of its own than this is refused to it, which it sees as
/// std::bad_alloc; in a program with a sanitizer nothing is.
void limit_own_memory(std::uint64_t bytes);

}  // namespace icom::os
