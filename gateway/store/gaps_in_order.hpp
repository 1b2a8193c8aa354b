// Whether frames are missing before a frame.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "gateway/records/record_builder.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// Whether frames are missing directly before a frame: a gap says so, or it is the Linac's first
/// one and a treatment was under way. Each frame is asked about or passed once, in order: of frames
/// in conflict, which differ in arrival alone, only the first stands after the gap, and only the
/// first is the Linac's first one. Reads the gaps up to the frames that are asked about, and one
/// more: a Linac that pauses has any number of gaps in which nothing is missing. For one thread,
/// that of the database.
class GapsInOrder {
 public:
  /// `from`: the first place that will be asked about, or one before it.
  GapsInOrder(Database& database, std::int64_t linac, const FramePlace& from);

  bool any_before(const FramePlace& place, const FrameFacts& facts);
  /// Goes on after this one.
  void pass(const FramePlace& place);

 private:
  using Place = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // epoch, time, sub

  /// Whether the Linac's first frame stands there; from then on it stands nowhere.
  [[nodiscard]] bool take_first_ever(const Place& place);
  /// Whether one of the gaps that are left ends there, with frames missing or possibly so; none up
  /// to there is left then.
  [[nodiscard]] bool take_gaps_up_to(const Place& place);
  void advance();

  struct Next {
    Place end;
    bool lacks_frames = false;  ///< or may do
  };
  Query query_;
  std::optional<Place> first_ever_;
  std::optional<Next> next_;
};

}  // namespace icom::store
