#include "gateway/store/gaps_in_order.hpp"

namespace icom::store {

namespace {

std::tuple<std::int64_t, std::int64_t, std::int64_t> without_arrival(const FramePlace& place) {
  return {place.epoch, place.time, place.sub};
}

}  // namespace

GapsInOrder::GapsInOrder(Database& database, std::int64_t linac, const FramePlace& from)
    : query_(database,
             "SELECT to_epoch, to_time, to_sub, missing IS NULL OR missing > 0 FROM gap "
             "WHERE linac = ? AND (to_epoch, to_time, to_sub) >= (?, ?, ?) "
             "ORDER BY to_epoch, to_time, to_sub") {
  query_.bind(linac, from.epoch, from.time, from.sub);
  advance();
  Query head(database, "SELECT first_time, first_sub FROM head WHERE linac = ?");
  head.bind(linac);
  if (head.step()) {
    first_ever_ = {kFirstEpoch, head.integer(0), head.integer(1)};
  }
}

bool GapsInOrder::any_before(const FramePlace& place, const FrameFacts& facts) {
  const Place at = without_arrival(place);
  const bool is_first_ever = take_first_ever(at);
  const bool is_after_gap = take_gaps_up_to(at);
  return is_after_gap || (is_first_ever && records::is_amid_treatment(facts));
}

void GapsInOrder::pass(const FramePlace& place) {
  const Place at = without_arrival(place);
  std::ignore = take_first_ever(at);
  std::ignore = take_gaps_up_to(at);
}

bool GapsInOrder::take_first_ever(const Place& place) {
  if (first_ever_ != place) {
    return false;
  }
  first_ever_.reset();
  return true;
}

bool GapsInOrder::take_gaps_up_to(const Place& place) {
  bool found = false;
  while (next_ && next_->end <= place) {
    found = next_->end == place && (found || next_->lacks_frames);
    advance();
  }
  return found;
}

void GapsInOrder::advance() {
  next_.reset();
  if (query_.step()) {
    next_ = {{query_.integer(0), query_.integer(1), query_.integer(2)}, query_.integer(3) != 0};
  }
}

}  // namespace icom::store
