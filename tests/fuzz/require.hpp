// What a fuzzer finds: a promise that is not kept.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace icom::fuzz {

/// Ends the process, saying where, if `kept` is false. In every build: a fuzzer's checks are what
/// it is for.
inline void require(bool kept, const char* promise,
                    const std::source_location& at = std::source_location::current()) {
  if (kept) return;
  std::fprintf(stderr, "%s:%u: not so: %s\n", at.file_name(), static_cast<unsigned>(at.line()),
               promise);
  std::abort();
}

}  // namespace icom::fuzz
