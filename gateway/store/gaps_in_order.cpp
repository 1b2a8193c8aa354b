#include "gateway/store/gaps_in_order.hpp"

namespace icom::store {

namespace {

constexpr std::int64_t kFirstEpoch = 1;

std::tuple<std::int64_t, std::int64_t, std::int64_t> without_arrival(const FramePlace& place) {
  return {place.epoch, place.time, place.sub};
}

}  // namespace

GapsInOrder::GapsInOrder(Database& database, std::int64_t linac, const FramePlace& from)
    : query_(database,
             "SELECT to_epoch, to_time, to_sub FROM gap WHERE linac = ? AND "
             "(to_epoch, to_time, to_sub) >= (?, ?, ?) AND (missing IS NULL OR missing > 0) "
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
  const bool amid_treatment = begins_at(at) && records::is_amid_treatment(facts);
  return ends_at(at) || amid_treatment;
}

void GapsInOrder::pass(const FramePlace& place) {
  const Place at = without_arrival(place);
  begins_at(at);
  ends_at(at);
}

/// Of frames in conflict only the first is the Linac's first one.
bool GapsInOrder::begins_at(const Place& place) {
  if (first_ever_ != place) {
    return false;
  }
  first_ever_.reset();
  return true;
}

/// Of frames in conflict only the first stands after the gap.
bool GapsInOrder::ends_at(const Place& place) {
  bool found = false;
  while (end_of_next_ && *end_of_next_ <= place) {
    found = *end_of_next_ == place;
    advance();
  }
  return found;
}

void GapsInOrder::advance() {
  end_of_next_.reset();
  if (query_.step()) {
    end_of_next_ = {query_.integer(0), query_.integer(1), query_.integer(2)};
  }
}

}  // namespace icom::store
