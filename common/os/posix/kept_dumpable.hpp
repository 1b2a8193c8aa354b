// For the files in which this process acts for another account for a while.
#pragma once

#include <sys/prctl.h>

namespace icom::os {

/// With other rights, and with the old ones again, the kernel makes a process one that leaves no
/// core and that no debugger or sanitizer may look into. At the end of its life it is as before.
class KeptDumpable {
 public:
  KeptDumpable() = default;
  ~KeptDumpable() {
    if (before_ == 1) ::prctl(PR_SET_DUMPABLE, before_);
  }
  KeptDumpable(const KeptDumpable&) = delete;
  KeptDumpable& operator=(const KeptDumpable&) = delete;

 private:
  int before_ = ::prctl(PR_GET_DUMPABLE);
};

}  // namespace icom::os
