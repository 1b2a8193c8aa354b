// What differs between two texts, for a person who is to say yes to it.
#pragma once

#include <string>
#include <string_view>

namespace icom::text {

/// As `diff -u` writes it, three lines around each change; empty if the texts are equal. Line
/// endings are not shown: of two lines that differ in nothing else both are. Tabs are; what else a
/// terminal would obey instead of showing it stands there as `?` (control.hpp).
std::string unified_diff(std::string_view before, std::string_view after,
                         const std::string& name_before, const std::string& name_after);

}  // namespace icom::text
