#include "gateway/archive/record_turns.hpp"

#include <algorithm>
#include <utility>

namespace icom::archive {

namespace {

template <typename Queue>
auto take_first(Queue& queue) {
  auto first = queue.front();
  queue.pop_front();
  return first;
}

}  // namespace

void RecordTurns::add(const std::string& site, std::int64_t record, bool is_new) {
  Lane& lane = lanes_.try_emplace(site, new_files_).first->second;
  if (lane.known.contains(record)) return;
  Kind& kind = lane.kind(is_new);
  if (kind.counted > 0 || kind.known >= most_of_kind_) {
    // One that is told of once more may be among these already.
    if (!compares_ && kind.counted > 0) return;
    ++kind.counted;
  } else {
    lane.known.insert(record);
    ++kind.known;
    lane.waiting.push_back({record, is_new});
  }
  ++waiting_;
}

bool RecordTurns::needs_comparison() const {
  const auto has_room = [this](const Kind& kind) {
    return kind.counted > 0 && kind.known <= most_of_kind_ / 2;
  };
  return std::ranges::any_of(lanes_, [&](const auto& lane) {
    return has_room(lane.second.new_ones) || has_room(lane.second.with_file);
  });
}

void RecordTurns::begin_comparison() {
  compares_ = true;
  for (auto& [site, lane] : lanes_) {
    for (Kind* const kind : {&lane.new_ones, &lane.with_file}) {
      waiting_ -= std::exchange(kind->counted, 0);
    }
  }
}

bool RecordTurns::choose(Lane& lane, Clock::time_point now) {
  if (lane.current) return true;
  if (!lane.failed.empty() && lane.retry_at <= now) {
    lane.waiting.insert(lane.waiting.end(), lane.failed.begin(), lane.failed.end());
    lane.failed.clear();
  }
  const bool may_make = lane.allowance.is_left(now);
  if (may_make && !lane.held.empty()) {
    lane.current = take_first(lane.held);
    return true;
  }
  while (!lane.waiting.empty()) {
    const Waiting first = take_first(lane.waiting);
    if (first.is_new && !may_make) {
      lane.held.push_back(first);
      continue;
    }
    lane.current = first;
    return true;
  }
  return false;
}

std::optional<RecordTurns::Turn> RecordTurns::next(Clock::time_point now) {
  auto at = lanes_.upper_bound(last_);
  for (std::size_t looked_at = 0; looked_at < lanes_.size(); ++looked_at, ++at) {
    if (at == lanes_.end()) at = lanes_.begin();
    auto& [site, lane] = *at;
    const bool begins = !lane.current;
    if (!choose(lane, now)) continue;
    last_ = site;
    return Turn{site, lane.current->record, begins};
  }
  return std::nullopt;
}

RecordTurns::Waiting RecordTurns::take_current(const Turn& turn, bool stays) {
  Lane& lane = lanes_.at(turn.site);
  const Waiting current = lane.current.value();
  lane.current.reset();
  if (!stays) {
    lane.known.erase(current.record);
    --lane.kind(current.is_new).known;
    --waiting_;
  }
  return current;
}

void RecordTurns::finished(const Turn& turn, bool made_file, Clock::time_point now) {
  Lane& lane = lanes_.at(turn.site);
  const Waiting done = take_current(turn, false);
  if (made_file && done.is_new) lane.allowance.use(now);
  if (lane.known.empty()) lane.retry = kFirstRetry;
}

void RecordTurns::again(const Turn& turn) {
  const Waiting current = take_current(turn, true);
  lanes_.at(turn.site).waiting.push_back(current);
}

void RecordTurns::failed(const Turn& turn, Clock::time_point now) {
  const Waiting current = take_current(turn, true);
  Lane& lane = lanes_.at(turn.site);
  if (lane.failed.empty()) {
    lane.retry_at = now + lane.retry;
    lane.retry = std::min(lane.retry * 2, kLongestRetry);
  }
  lane.failed.push_back(current);
}

std::optional<RecordTurns::Clock::time_point> RecordTurns::next_time(Clock::time_point now) {
  std::optional<Clock::time_point> first;
  const auto at = [&first](Clock::time_point time) {
    first = first ? std::min(*first, time) : time;
  };
  for (auto& [site, lane] : lanes_) {
    if (lane.current || !lane.waiting.empty()) at(now);
    if (!lane.held.empty()) at(lane.allowance.next(now));
    if (!lane.failed.empty()) at(lane.retry_at);
  }
  return first;
}

std::map<std::string, std::size_t> RecordTurns::held() const {
  std::map<std::string, std::size_t> all;
  for (const auto& [site, lane] : lanes_) {
    if (!lane.held.empty()) all[site] = lane.held.size() + lane.new_ones.counted;
  }
  return all;
}

}  // namespace icom::archive
