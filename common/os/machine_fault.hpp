// What keeps this process from reading a file although nothing is wrong with the file.
#pragma once

#include <stdexcept>
#include <system_error>

namespace icom::os {

/// Out of descriptors or memory, a disk or share that fails: it passes, and nobody is to mend the
/// file for it.
bool is_machine_fault(std::error_code error);

/// Such a fault. what() says what could not be read, and why. Whoever knows what the file held
/// before goes on with that.
class MachineFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace icom::os
