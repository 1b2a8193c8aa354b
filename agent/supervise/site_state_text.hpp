// A site's state for people and for scripts. Fields of the JSON: docs/agent.md.
#pragma once

#include <string>

#include "agent/supervise/site_state.hpp"

namespace icom::supervise {

/// A table, the forwarder's line, and the problems.
std::string to_table(const SiteState& site);
/// One object.
std::string to_json(const SiteState& site);

/// `12 s`, `3 min`, `5 h`, `9 d`: of two numbers of microseconds since 1970; `-` where `then_us` is
/// 0.
std::string age_text(std::int64_t then_us, std::int64_t now_us);
/// `0`, `640 B`, `1.5 MB`.
std::string size_text(std::uint64_t bytes);

}  // namespace icom::supervise
