#include "common/log/log.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <memory>
#include <utility>

namespace icom::log {

namespace {

/// Lines that wait for a slow stderr; some 300 bytes each, allocated up front.
constexpr std::size_t kDetachedLines = 256;

struct LevelName {
  std::string_view name;
  spdlog::level::level_enum level;
};

constexpr std::array<LevelName, 6> kLevels{{
    {"trace", spdlog::level::trace},
    {"debug", spdlog::level::debug},
    {"info", spdlog::level::info},
    {"warning", spdlog::level::warn},
    {"error", spdlog::level::err},
    {"off", spdlog::level::off},
}};

}  // namespace

void init(std::string_view component, spdlog::level::level_enum level, Delivery delivery) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  std::shared_ptr<spdlog::logger> logger;
  if (delivery == Delivery::detached) {
    spdlog::init_thread_pool(kDetachedLines, 1);
    logger = std::make_shared<spdlog::async_logger>(std::string(component), std::move(sink),
                                                    spdlog::thread_pool(),
                                                    spdlog::async_overflow_policy::overrun_oldest);
  } else {
    logger = std::make_shared<spdlog::logger>(std::string(component), std::move(sink));
  }
  logger->set_level(level);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v", spdlog::pattern_time_type::utc);
  // A line that waits in a buffer is a line that a crash takes with it.
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

std::optional<spdlog::level::level_enum> parse_level(std::string_view text) {
  for (const auto& known : kLevels) {
    if (known.name == text) return known.level;
  }
  return std::nullopt;
}

std::string level_names() {
  std::string names;
  for (const auto& known : kLevels) {
    if (!names.empty()) names += ", ";
    names += known.name;
  }
  return names;
}

}  // namespace icom::log
