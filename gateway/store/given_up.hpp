// Frames that an agent gave up, as it told. docs/storage.md, "Gaps".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/icom/stream_entry.hpp"

namespace icom::store {

struct GivenUp {
  std::int64_t frames = 0;  ///< 0: not known how many
  std::int64_t frames_with_patient = 0;
  std::string reasons;  ///< each once, with commas between: see Hole

  void add(const Hole& hole);
  friend bool operator==(const GivenUp&, const GivenUp&) = default;
};

/// As three columns; NULL where nothing was given up.
inline std::optional<std::int64_t> frames_of(const std::optional<GivenUp>& given_up) {
  return given_up ? std::optional(given_up->frames) : std::nullopt;
}
inline std::optional<std::int64_t> patients_of(const std::optional<GivenUp>& given_up) {
  return given_up ? std::optional(given_up->frames_with_patient) : std::nullopt;
}
/// Borrows.
inline std::optional<std::string_view> reasons_of(const std::optional<GivenUp>& given_up) {
  return given_up ? std::optional<std::string_view>(given_up->reasons) : std::nullopt;
}

}  // namespace icom::store
