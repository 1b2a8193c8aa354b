#include "gateway/store/fair_turns.hpp"

#include <algorithm>
#include <utility>

namespace icom::store {

void FairTurns::set_site(LinacId linac, const std::string& site) {
  const auto [number, is_new] = site_numbers_.try_emplace(site, sites_.size());
  if (is_new) {
    sites_.emplace_back();
  }
  Lane& lane = lane_of(linac);
  if (lane.batches.empty()) {  // otherwise its site counts it as waiting
    lane.site = number->second;
  }
}

FairTurns::Lane& FairTurns::lane_of(LinacId linac) {
  const auto [lane, is_new] = lanes_.try_emplace(linac);
  if (is_new) {
    lane->second.linac = linac;
    lane->second.site = sites_.size();
    sites_.emplace_back();
  }
  return lane->second;
}

void FairTurns::push(std::unique_ptr<QueuedBatch> batch) {
  Lane& lane = lane_of(batch->batch.linac);
  Site& site = sites_[lane.site];
  if (lane.batches.empty()) {
    lane.used = std::max(lane.used, site.reached);
    if (site.waiting.empty()) {
      site.used = std::max(site.used, reached_);
      order_.emplace(site.used, lane.site);
    }
    site.waiting.insert(std::ranges::lower_bound(site.waiting, lane.linac, {}, &Lane::linac),
                        &lane);
  }
  batch->site = lane.site;
  lane.batches.push_back(std::move(batch));
}

QueuedBatch* FairTurns::next(Prefer prefer) {
  if (order_.empty()) {
    return nullptr;
  }
  const auto [least_used, least] = *order_.begin();
  if (prefer == Prefer::least_used || sites_[site_].waiting.empty() ||
      sites_[site_].used >= site_ends_) {
    site_ = least;
    site_ends_ = least_used + kSiteTurn;
  }
  Site& site = sites_[site_];
  const Lane& next = **std::ranges::min_element(site.waiting, {}, &Lane::used);
  reached_ = std::max(reached_, least_used);
  site.reached = std::max(site.reached, next.used);
  return next.batches.front().get();
}

QueuedBatch* FairTurns::first_of(LinacId linac) {
  const auto lane = lanes_.find(linac);
  const bool is_waiting = lane != lanes_.end() && !lane->second.batches.empty();
  return is_waiting ? lane->second.batches.front().get() : nullptr;
}

std::unique_ptr<QueuedBatch> FairTurns::pop(LinacId linac) {
  Lane& lane = lanes_.at(linac);
  std::unique_ptr<QueuedBatch> batch = std::move(lane.batches.front());
  lane.batches.pop_front();
  if (lane.batches.empty()) {
    Site& site = sites_[lane.site];
    site.waiting.erase(std::ranges::lower_bound(site.waiting, linac, {}, &Lane::linac));
    if (site.waiting.empty()) {
      order_.erase({site.used, lane.site});
    }
  }
  return batch;
}

void FairTurns::charge(LinacId linac, WorkTime time) {
  Lane& lane = lane_of(linac);
  lane.used += time;
  Site& site = sites_[lane.site];
  const bool is_waiting = order_.erase({site.used, lane.site}) > 0;
  site.used += time;
  if (is_waiting) {
    order_.emplace(site.used, lane.site);
  }
}

}  // namespace icom::store
