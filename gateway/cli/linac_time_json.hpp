// Times of a Linac's clock in JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "gateway/cli/linac_time_text.hpp"

namespace icom::cli {

/// linac_time_iso(), or null where it has no date.
inline nlohmann::ordered_json linac_time_json(std::int64_t seconds) {
  const std::string text = linac_time_iso(seconds);
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace icom::cli
