// The signals that a defect of a program's own raises, in the thread that has it.
#pragma once

#include <array>
#include <csignal>

namespace icom::os {

inline constexpr std::array kCrashSignals{SIGSEGV, SIGBUS, SIGILL, SIGFPE,
                                          SIGABRT, SIGSYS, SIGTRAP};

}  // namespace icom::os
