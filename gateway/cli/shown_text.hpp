// Text that a Linac sent, made fit for terminals and JSON.
#pragma once

#include <string>
#include <string_view>

namespace icom::cli {

/// Valid UTF-8 stays as it is; anything else is taken for Latin-1, which is what Linacs outside the
/// English-speaking world send.
std::string to_utf8(std::string_view raw);

/// The same without what a terminal obeys instead of showing it (common/text/control.hpp), so that
/// a name cannot move its cursor, or turn what stands beside it.
std::string to_terminal(std::string_view raw);

/// A field of a CSV file: to_utf8(), in quotes where it needs them.
std::string to_csv(std::string_view raw);

/// The shortest text that reads back as the same number, rounded to millionths: sums of tenths stay
/// tenths.
double rounded(double value);

}  // namespace icom::cli
