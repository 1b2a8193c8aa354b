// How many descriptors this process may have open.
#pragma once

#include <cstddef>

namespace icom::os {

/// As many as its hard limit allows, from now on. The usual soft limit, 1,024, is for programs that
/// call select(). Gives the limit that then holds.
std::size_t raise_descriptor_limit();

}  // namespace icom::os
