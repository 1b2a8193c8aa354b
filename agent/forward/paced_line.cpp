#include "agent/forward/paced_line.hpp"

#include <algorithm>

namespace icom::forward {

void PacedLine::set_rate(std::optional<std::uint64_t> rate) {
  pace_.reset();
  if (rate) pace_.emplace(*rate);
  for (Place* const place : line_) place->bell_.ring();
}

std::size_t PacedLine::portion(std::size_t bytes) const {
  return pace_ ? std::min(bytes, pace_->holds()) : bytes;
}

boost::asio::awaitable<void> PacedLine::wait_for_turn(Place& place, std::size_t bytes) {
  struct InLine {
    PacedLine& line;
    std::list<Place*>::iterator at;
    ~InLine() {
      line.line_.erase(at);
      line.ring_first();
    }
  };
  const InLine in_line{*this, line_.insert(line_.end(), &place)};
  while (pace_ && !place.left_) {
    auto when = Pace::Clock::time_point::max();
    if (line_.front() == &place) {
      const auto now = Pace::Clock::now();
      when = pace_->when(bytes, now);
      if (when <= now) {
        pace_->take(bytes, now);
        co_return;
      }
    }
    co_await place.bell_.wait_until(when);
  }
}

void PacedLine::give_back(std::size_t bytes) {
  if (!pace_ || bytes == 0) return;
  pace_->give_back(bytes);
  ring_first();
}

void PacedLine::ring_first() {
  if (!line_.empty()) line_.front()->bell_.ring();
}

}  // namespace icom::forward
