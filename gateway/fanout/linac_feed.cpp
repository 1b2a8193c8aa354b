#include "gateway/fanout/linac_feed.hpp"

#include <algorithm>

namespace icom::fanout {

namespace {

/// A quarter of an hour of the stream: as far as two agents of one site may be apart.
constexpr std::size_t kMostFrames = 4096;
constexpr std::size_t kMostRuns = 32;

}  // namespace

bool LinacFeed::take(const EntryPlace& entry) {
  Run& run = find(entry.run);
  if (entry.seq <= run.seq) return false;
  run.seq = entry.seq;
  const FrameIdentity frame{.time = entry.time, .counter = 0, .hash = entry.hash};
  if (!run.live.take(entry.kind, entry.late, frame)) return false;
  if (entry.kind == EntryKind::junk) return !run.follows;
  run.follows = !is_news(entry);
  return !run.follows;
}

LinacFeed::Run& LinacFeed::find(std::uint64_t run) {
  const auto found = std::ranges::find(runs_, run, &Run::run);
  if (found != runs_.end()) {
    runs_.splice(runs_.begin(), runs_, found);
  } else {
    runs_.push_front({.run = run, .live = {}});
    if (runs_.size() > kMostRuns) runs_.pop_back();
  }
  return runs_.front();
}

bool LinacFeed::is_news(const EntryPlace& frame) {
  const auto [known, is_new] = brought_by_.try_emplace(frame.hash, frame.run);
  if (!is_new) return known->second == frame.run;
  hashes_.push_back(frame.hash);
  if (hashes_.size() > kMostFrames) {
    brought_by_.erase(hashes_.front());
    hashes_.pop_front();
  }
  return true;
}

}  // namespace icom::fanout
