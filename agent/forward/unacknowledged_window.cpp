#include "agent/forward/unacknowledged_window.hpp"

#include <algorithm>

namespace icom::forward {

UnacknowledgedWindow::UnacknowledgedWindow(std::size_t most_bytes, std::size_t linacs)
    : most_(most_bytes),
      reserve_(most_bytes / 4 / std::max<std::size_t>(linacs, 1)),
      shared_(most_bytes - reserve_ * linacs) {}

std::size_t UnacknowledgedWindow::beyond_reserve(std::size_t cost) const {
  return cost > reserve_ ? cost - reserve_ : 0;
}

bool UnacknowledgedWindow::admits(std::uint32_t linac, std::size_t bytes) const {
  if (total_ == 0) return true;  // an entry larger than the whole window must still get through
  const std::size_t cost = bytes + kEntryCost;
  const std::size_t own = this->bytes(linac);
  return shared_taken_ - beyond_reserve(own) + beyond_reserve(own + cost) <= shared_ &&
         total_ + cost <= most_;
}

void UnacknowledgedWindow::sent(std::uint32_t linac, std::uint64_t run, std::uint64_t seq,
                                std::size_t bytes, Clock::time_point now) {
  auto& state = linacs_[linac];
  const std::size_t cost = bytes + kEntryCost;
  state.on_the_way.push_back({run, seq, cost, now});
  auto& newest = state.newest[run];
  newest = std::max(newest, seq);
  change_cost(state, state.cost + cost);
}

void UnacknowledgedWindow::change_cost(Linac& state, std::size_t cost) {
  total_ = total_ - state.cost + cost;
  shared_taken_ = shared_taken_ - beyond_reserve(state.cost) + beyond_reserve(cost);
  state.cost = cost;
}

bool UnacknowledgedWindow::plausible(std::uint32_t linac, std::uint64_t run,
                                     std::uint64_t seq) const {
  const auto state = linacs_.find(linac);
  if (state == linacs_.end()) return false;
  if (run == 0 && !state->second.on_the_way.empty()) run = state->second.on_the_way.front().run;
  const auto newest = state->second.newest.find(run);
  return newest != state->second.newest.end() && seq <= newest->second;
}

void UnacknowledgedWindow::stored(std::uint32_t linac, std::uint64_t run, std::uint64_t seq) {
  auto& newest = linacs_[linac].newest[run];
  newest = std::max(newest, seq);
}

std::optional<UnacknowledgedWindow::Advance> UnacknowledgedWindow::acknowledge(
    std::uint32_t linac, std::uint64_t run, std::uint64_t seq, Clock::time_point now) {
  const auto found = linacs_.find(linac);
  if (found == linacs_.end() || found->second.on_the_way.empty()) return std::nullopt;
  auto& state = found->second;
  // Where the gateway leaves the run out, take the oldest: that can only release less than was
  // meant.
  if (run == 0) run = state.on_the_way.front().run;

  // Entries leave in the order in which they were sent, so the newest one that is covered covers
  // all before it.
  const auto last = std::find_if(state.on_the_way.rbegin(), state.on_the_way.rend(),
                                 [&](const Sent& s) { return s.run == run && s.seq <= seq; });
  if (last == state.on_the_way.rend()) return std::nullopt;
  Advance advance{last->run, last->seq, 0,
                  std::chrono::duration_cast<std::chrono::milliseconds>(now - last->at)};
  const auto end = last.base();
  std::size_t left = state.cost;
  for (auto it = state.on_the_way.begin(); it != end; ++it) {
    left -= it->cost;
    ++advance.entries;
  }
  change_cost(state, left);
  state.on_the_way.erase(state.on_the_way.begin(), end);
  return advance;
}

std::size_t UnacknowledgedWindow::bytes(std::uint32_t linac) const {
  const auto found = linacs_.find(linac);
  return found == linacs_.end() ? 0 : found->second.cost;
}

std::size_t UnacknowledgedWindow::bytes_sent_after(std::uint32_t linac,
                                                   Clock::time_point time) const {
  const auto found = linacs_.find(linac);
  if (found == linacs_.end()) return 0;
  const auto& sent = found->second.on_the_way;
  std::size_t bytes = 0;
  for (auto one = sent.rbegin(); one != sent.rend() && one->at > time; ++one) bytes += one->cost;
  return bytes;
}

void UnacknowledgedWindow::forget(std::uint32_t linac) {
  const auto found = linacs_.find(linac);
  if (found == linacs_.end()) return;
  change_cost(found->second, 0);
  found->second.on_the_way.clear();
}

}  // namespace icom::forward
