// Logging for every program: one line an event on stderr, UTC, for a service manager to collect.
// No patient's name or ID is ever logged.
#pragma once

#include <spdlog/spdlog.h>

#include <optional>
#include <string>
#include <string_view>

namespace icom::log {

enum class Delivery {
  direct,    ///< the caller writes to stderr itself, and waits where stderr's reader does not read
  detached,  ///< a thread of its own writes; when it is behind, the oldest lines are dropped: the
             ///< caller never waits
};

/// Sets up spdlog's default logger: `2024-05-01T09:30:00.123Z warning icom-listen[4299] text`. Call
/// once, before other threads are started; afterwards spdlog::info() and its like may be called
/// from any thread. `component`: the program, and which one of several.
void init(std::string_view component, spdlog::level::level_enum level,
          Delivery delivery = Delivery::direct);

/// `trace`, `debug`, `info`, `warning`, `error` or `off`; nothing for any other text.
std::optional<spdlog::level::level_enum> parse_level(std::string_view text);

/// What parse_level() takes, for a message to the user.
std::string level_names();

}  // namespace icom::log
