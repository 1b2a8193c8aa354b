// Starting and ending other programs: common/os/process_host.hpp.
#pragma once

#include "common/os/process_host.hpp"

namespace icom::supervise {

using os::Command;
using os::kPassedDescriptor;
using os::ProcessEnd;
using os::ProcessHost;
using os::ProcessId;
using os::ProcessSignal;

}  // namespace icom::supervise
