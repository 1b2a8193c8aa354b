// A span of time for a person.
#pragma once

#include <cstdint>
#include <string>

namespace icom::text {

/// `90 s`, `5 hours`, `273 days`.
std::string span_text(std::int64_t seconds);

/// The same, with the number itself where that is another: `23663776 s (273 days)`.
std::string seconds_and_span_text(std::int64_t seconds);

}  // namespace icom::text
